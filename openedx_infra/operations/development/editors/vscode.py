"""Files of Visual Studio Code: debuggers that attach to processes in pods, and a dev container."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from openedx_infra.operations.development.editors.workspace import OURS, Workspace, merge_named, write

PROCESSES = {
    "lms": "LMS",
    "studio": "Studio",
    "lms-worker": "LMS worker",
    "studio-worker": "Studio worker",
}
"""Processes with debugpy by the names of the stack file, and what people call them."""
PYTHON = "/openedx/venv/bin/python"
"""Python of the image."""


def launch_file(place: Workspace) -> tuple[Path, bool]:
    """Write `.vscode/launch.json`. Returns the file, and whether it was changed."""
    file = place.folder / ".vscode" / "launch.json"
    return file, merge_named(file, "configurations", configurations(place), {"version": "0.2.0"})


def configurations(place: Workspace) -> list[dict[str, Any]]:
    """A way to attach to each process. All have the same port: one is brought to this machine at a time."""
    return [
        {
            "name": f"{OURS}{place.stack}: {title}",
            "type": "debugpy",
            "request": "attach",
            "connect": {"host": "127.0.0.1", "port": place.port},
            "pathMappings": [
                {"localRoot": str(local), "remoteRoot": remote} for local, remote in place.places.items()
            ],
            "justMyCode": False,
            "django": not name.endswith("-worker"),
        }
        for name, title in PROCESSES.items()
    ]


def dev_container(place: Workspace) -> tuple[Path, bool]:
    """Write a dev container in a folder of its own, beside any that the repository has. Returns the file, and
    whether it was changed."""
    file = place.folder / ".devcontainer" / f"openedx-{place.stack}" / "devcontainer.json"
    text = json.dumps(container(place), indent=4) + "\n"
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return file, False
    write(file, text)
    return file, True


def container(place: Workspace) -> dict[str, Any]:
    """The content of devcontainer.json, by its specification at containers.dev."""
    remote = place.places.get(place.folder, "/openedx/workspace")
    others = {local: there for local, there in place.places.items() if local != place.folder}
    user = {"containerUser": str(place.user)} if place.user is not None else {}
    return {
        "name": f"{OURS}{place.stack}",
        "image": place.image,
        "workspaceMount": f"source={place.folder},target={remote},type=bind",
        "workspaceFolder": remote,
        "mounts": [f"source={local},target={there},type=bind" for local, there in others.items()],
        # The image's own command would start a server without its settings.
        "overrideCommand": True,
        "updateRemoteUserUID": False,
        **user,
        "customizations": {
            "vscode": {
                "extensions": ["ms-python.python", "ms-python.debugpy"],
                "settings": {"python.defaultInterpreterPath": PYTHON},
            }
        },
    }
