"""The lock of a stack: one whose holder died on this machine is cleared where no other may hold it."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from openedx_infra.config import PROJECT
from openedx_infra.operations.stack_files.checkout import BIN
from openedx_infra.operations.state import backend, machine
from openedx_infra.operations.state.live_stack import LiveStack


def clear_dead(live: LiveStack, console: Console) -> None:
    """Clear the lock of a run that has died on this machine.

    Only in the checkout's own state, and only where nobody else uses that: on a shared backend another
    machine, or container, may have the same name, and its processes can't be seen from here. All other locks
    stay: Pulumi reports them, with the remedy.
    """
    locks = [_read(path) for path in _locks(live)]
    if not locks or not all(_has_no_process(lock) for lock in locks):
        return
    if not backend.is_own(live.cli.environment) or machine.others():
        console.print(
            f"Stack {live.name} is locked by a process of {socket.gethostname()} that can't be seen here. "
            "Another machine or container of that name may still be at work, so the lock stays. If none is, "
            f"run `{BIN}pulumi cancel --stack {live.name}`.",
            style="yellow",
            soft_wrap=True,
        )
        return
    live.run("cancel", live.name, "--yes")
    console.print(
        f"An earlier run on stack {live.name} was killed: its lock is cleared, and this one goes on.",
        soft_wrap=True,
    )


def _locks(live: LiveStack) -> list[Path]:
    """The lock files of a stack, where the backend keeps them as files on this machine."""
    folder = backend.local_folder(live.cli.environment)
    if folder is None:
        return []
    return sorted((folder / "locks" / "organization" / PROJECT / live.name).glob("*.json"))


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _has_no_process(lock: Mapping[str, Any]) -> bool:
    """Whether it was made under this machine's name, and no such process runs here."""
    pid = lock.get("pid")
    return lock.get("hostname") == socket.gethostname() and isinstance(pid, int) and not _is_pulumi(pid)


def _is_pulumi(pid: int) -> bool:
    """Whether a process of this machine is a running Pulumi: no zombie, and no other program."""
    try:
        command = ["ps", "-o", "stat=,comm=", "-p", str(pid)]
        words = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    except FileNotFoundError:
        return True  # no `ps` here: Pulumi then says what to do
    return bool(words) and not words[0].startswith("Z") and "pulumi" in words[-1]
