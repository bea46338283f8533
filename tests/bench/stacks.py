"""Plain Pulumi on the dev instance, and on programs that do nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import cache
from pathlib import Path

from rich.console import Console

from openedx_infra.operations.engine import session
from openedx_infra.operations.engine.session import Request, Session
from openedx_infra.operations.stack_files.checkout import CHECKOUT, DEFAULT_STACK

EMPTY = "import pulumi\n"
WITH_PROVIDER = """
import pulumi
from pulumi_kubernetes import Provider
from pulumi_kubernetes.core.v1 import Namespace
own = pulumi.ResourceOptions(provider=Provider("cluster", kubeconfig={kubeconfig!r}))
Namespace("default", metadata={{"name": "bench"}}, opts=own)
"""
"""The least that makes Pulumi load the Kubernetes provider and ask the cluster for its schema."""


@cache
def dev() -> Session:
    """The dev instance, with its cluster running."""
    return session.begin(Request(name=DEFAULT_STACK), Console(stderr=True))


def kubeconfig() -> str:
    """The kubeconfig of the embedded cluster."""
    address = dev().target.address
    assert address is not None
    return str(address.kubeconfig)


def preview(session: Session) -> list[str]:
    """The real Pulumi's command line for a preview of a stack."""
    live = session.live
    return [
        str(live.cli.executable), "preview", "--non-interactive", "--stack", live.name,
        "--config-file", str(live.config_file),
    ]  # fmt: skip


def dev_preview() -> list[str]:
    """The same for the dev instance."""
    return preview(dev())


def up(session: Session) -> None:
    """Bring a stack up."""
    session.verbs(lambda _: None).up()


def program(folder: Path, name: str, source: str) -> list[str]:
    """The command line for a preview of a small program, made in a folder."""
    folder = folder / name
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(
        f"name: {name}\nruntime:\n  name: python\n  options:\n"
        f"    toolchain: pip\n    virtualenv: {sys.prefix}\n"
    )
    (folder / "__main__.py").write_text(source)
    live = dev().live
    live.cli.run(["stack", "init", name], folder=folder)
    return [str(live.cli.executable), "preview", "--non-interactive", "--stack", name, "--cwd", str(folder)]


def timed(command: list[str]) -> float:
    """Seconds that a command takes; it must succeed."""
    begin = time.monotonic()
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env=dict(dev().live.cli.environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - begin
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return seconds
