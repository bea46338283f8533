"""A developer's folder, its place in pods, and files that are written there beside the developer's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openedx_infra.config import Stack
from openedx_infra.config.development.mounts import mounted
from openedx_infra.operations.errors import OperationError
from openedx_infra.settings.paths import PLATFORM_DIR

OURS = "Open edX "
"""What the names of entries begin with that this program writes, and replaces."""


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """What editors are told of an instance."""

    stack: str
    """Name of the stack."""
    folder: Path
    """Folder that is opened in the editor: the mounted platform's, or another one."""
    places: Mapping[Path, str]
    """Mounted folders of Python, and where processes in pods have them."""
    port: int
    """Port of debugpy."""
    image: str
    """Image of LMS and Studio."""
    user: int | None
    """User as whom they run. None: the image's own."""


def workspace(stack: Stack, folder: Path | None) -> Workspace:
    """The workspace of a stack; `folder` replaces that of the mounted platform.

    Raises OperationError where neither is there.
    """
    section = stack.development
    assert section is not None  # asked for before
    platform = [each.what.folder for each in mounted(stack, "platform")]
    if folder is None and not platform:
        raise OperationError(
            "edx-platform is not mounted, so there is no folder to write into: mount it in "
            "`openedx:development.mounts`, or name a folder with --folder"
        )
    if folder is not None and not folder.is_dir():
        raise OperationError(f"{folder} is no folder: make it, or correct its path")
    return Workspace(
        stack=stack.name,
        folder=folder or platform[0],
        places=dict.fromkeys(platform, PLATFORM_DIR),
        port=section.debugger.port,
        image=stack.image("openedx"),
        user=section.user,
    )


def merge_named(file: Path, key: str, entries: list[dict[str, Any]], others: Mapping[str, Any]) -> bool:
    """Put entries, which have names, into a list of a JSON file: in the place of those of this program, and
    beside all others. `others` is what a new file has besides. Returns whether the file was changed.

    Raises OperationError, with what to add by hand, where the file has comments or is not as expected.
    """
    content = _read(file, key, entries) if file.exists() else dict(others)
    present = content.get(key, [])
    if not isinstance(present, list):
        raise OperationError(f"{file}: {key} is no list: correct it, then run this again")
    kept = [each for each in present if not _is_ours(each)]
    changed = {**content, key: [*kept, *entries]}
    if file.exists() and changed == content:
        return False
    write(file, json.dumps(changed, indent=4) + "\n")
    return True


def write(file: Path, text: str) -> None:
    """Write a file whole, or leave the former one as it is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)


def _is_ours(entry: object) -> bool:
    return isinstance(entry, Mapping) and str(entry.get("name", "")).startswith(OURS)


def _read(file: Path, key: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise OperationError(
            f"{file} has comments, or is no JSON, and is left as it is: add this to its list "
            f"`{key}`\n{json.dumps(entries, indent=4)}"
        )
    return content
