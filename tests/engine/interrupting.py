"""Ways to cut an `up` short half-way: as a user does, by Ctrl-C, and as a power cut does."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from checkouts import SECONDS, Said
from instances import COMPONENT, Instance, is_complete

POLL_SECONDS = 0.1


def runs(instance: Instance, component: str) -> Callable[[], bool]:
    """Whether the Job of a component is there and not yet done."""

    def ask() -> bool:
        jobs = instance.list("Job") if instance.exists() else ()
        return any(item.metadata.labels[COMPONENT] == component and not is_complete(item) for item in jobs)

    return ask


def wait_for(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    """Wait until something is so, as long as the process runs."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end, "it did not come about"
        time.sleep(POLL_SECONDS)


def control_c(process: subprocess.Popen[str]) -> Said:
    """Press Ctrl-C, once, and wait for what it says."""
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=SECONDS)
    return Said(process.returncode, out, "")


def power_cut(process: subprocess.Popen[str]) -> None:
    """End the process and all that it started, without a moment for any of them."""
    family = [process.pid, *_descendants(process.pid)]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    for pid in family:
        os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=SECONDS)


def _descendants(pid: int) -> list[int]:
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
        except OSError:  # it ended meanwhile
            continue
        parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    found: list[int] = []
    above = {pid}
    while above:
        above = {child for child, parent in parents.items() if parent in above}
        found += sorted(above)
    return found
