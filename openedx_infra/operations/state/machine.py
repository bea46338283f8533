"""Which machine or container this process runs on, and which others have used the checkout's state."""

from __future__ import annotations

import time
from pathlib import Path

from openedx_infra.operations.stack_files.checkout import state
from tools.paths import private_dir

FORGOTTEN_SECONDS = 24 * 3600.0
"""After how long another machine that used the checkout is no longer reckoned with: no run of Pulumi takes a
day (a guess: the longest patience is that of a database on AWS, twelve hours)."""
_NAMESPACE, _MACHINE_ID, _BOOT_ID = (
    Path("/proc/self/ns/pid"),
    Path("/etc/machine-id"),
    Path("/proc/sys/kernel/random/boot_id"),
)
_OUTSIDE_CONTAINERS = 0xEFFFFFFC
"""Inode of the first namespace of processes, the same on every Linux (PROC_PID_INIT_INO of its kernel)."""


def identity() -> str:
    """Where process numbers mean what they mean here.

    A container has numbers of its own: it is known by its namespace, and by the boot of its host, as
    namespaces of two hosts may have the same number. Outside of containers it is the machine, also after a
    restart. Elsewhere than on Linux there are no such containers.
    """
    try:
        namespace = _NAMESPACE.stat().st_ino
    except OSError:
        return "machine"
    outside = namespace == _OUTSIDE_CONTAINERS
    return f"machine-{_text(_MACHINE_ID)}" if outside else f"container-{namespace}-{_text(_BOOT_ID)}"


def record() -> None:
    """Note that this machine uses the state of the checkout."""
    (_folder() / identity()).touch()


def others() -> bool:
    """Whether another machine or container has used the state of the checkout within a day."""
    since, this = time.time() - FORGOTTEN_SECONDS, identity()
    return any(path.name != this and path.stat().st_mtime > since for path in _folder().iterdir())


def _folder() -> Path:
    return private_dir(state() / "machines")


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
