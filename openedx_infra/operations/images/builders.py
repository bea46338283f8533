"""The builder of images on this machine: Docker's buildx where it works, else a BuildKit of our own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from openedx_infra.operations.images.credentials import Login, docker_config, docker_settings
from openedx_infra.operations.stack_files.checkout import CHECKOUT
from tools.errors import ToolError

DOCKER_SECONDS = 30.0
"""How long Docker may take to say its version. A remote one whose machine is off takes for ever."""


@dataclass(frozen=True)
class Builder:
    """A way to run `buildx build`."""

    command: tuple[str, ...]
    """How buildx is called, such as `docker buildx`."""
    environment: Mapping[str, str]
    name: str | None = None
    """Which of buildx' builders; None: the one that is selected."""
    loads: bool = False
    """Whether a built image can be handed to a Docker that runs here."""

    def build(self, arguments: list[str]) -> list[str]:
        """The command line of a build."""
        chosen = ["--builder", self.name] if self.name else []
        return [*self.command, "build", *chosen, *arguments]


def available(name: str | None, console: Console) -> Builder:
    """The builder that a stack names, Docker's own, or a private one, which is started.

    Raises ToolError when there is none, and what can be done.
    """
    if _docker_answers():
        return Builder(("docker", "buildx"), dict(os.environ), name, loads=name is None)
    if name is not None:
        raise ToolError(
            "buildx",
            f"find the builder {name}",
            "`docker buildx` does not answer here",
            remedy="install Docker",
        )
    return _private(console)


def _docker_answers() -> bool:
    """Whether there are both: the plugin, and a Docker that runs."""
    if shutil.which("docker") is None:
        return False
    commands = (["docker", "buildx", "version"], ["docker", "version", "--format", "{{.Server.Version}}"])
    try:
        return all(
            subprocess.run(command, capture_output=True, check=False, timeout=DOCKER_SECONDS).returncode == 0
            for command in commands
        )
    except subprocess.TimeoutExpired:
        return False


def _private(console: Console) -> Builder:
    """BuildKit and a registry of this checkout's own."""
    from tools.builder import NAME, builder_dir
    from tools.builder import Builder as Private
    from tools.recipes import IMAGES
    from tools.toolchain import ensure

    toolchain = ensure(IMAGES, console=console)
    private = Private(builder_dir(CHECKOUT), toolchain)
    private.start()
    environment = private.environment(os.environ)
    console.print(f"No Docker here: BuildKit of this checkout's own; its registry is {private.registry}.")
    return Builder((str(toolchain.paths["buildx"]),), environment, NAME)


@contextmanager
def logged_in(builder: Builder, logins: Mapping[str, Login]) -> Iterator[Builder]:
    """The builder with logins of registries, beside those of this machine. They are in a file of the owner's
    alone, and gone afterwards.
    """
    if not logins:
        yield builder
        return
    config = Path(builder.environment.get("DOCKER_CONFIG") or Path.home() / ".docker")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for entry in config.iterdir() if config.is_dir() else ():
            if entry.name != "config.json":
                (folder / entry.name).symlink_to(entry)
        descriptor = os.open(folder / "config.json", os.O_CREAT | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump(docker_config(logins, docker_settings(config)), out)
        environment = {**builder.environment, "DOCKER_CONFIG": place}
        environment.setdefault("BUILDX_CONFIG", str(config / "buildx"))
        yield Builder(builder.command, environment, builder.name, builder.loads)
