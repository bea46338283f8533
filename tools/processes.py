"""Daemons: processes that outlive the program that starts them, recognized by later ones."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 10.0
"""How long a process may take to end when it is asked, before it is made to."""

POLL_SECONDS = 0.05

_children: list[subprocess.Popen[bytes]] = []
"""Those started by this very program: it has to collect them when they end."""


@dataclass(frozen=True)
class Daemon:
    """One process of a service: what runs, what it logs, and the file that remembers which one it is."""

    name: str
    log: Path
    record: Path

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start the command in a session of its own, so that nothing typed at this terminal reaches it."""
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                command,
                env=dict(environment),
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _children.append(process)
        fresh = self.record.with_suffix(".new")
        fresh.write_text(json.dumps({"pid": process.pid, "started": _started(process.pid)}))
        fresh.replace(self.record)

    def pid(self) -> int | None:
        """Return the running process, or None; a number that was given to another process since is not it."""
        for child in _children:
            child.poll()
        try:
            record = json.loads(self.record.read_text())
        except (FileNotFoundError, ValueError):
            return None
        pid, started = int(record["pid"]), record["started"]
        return pid if started is not None and _started(pid) == started else None

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal, if it runs."""
        pid = self.pid()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def stop_all(daemons: Sequence[Daemon]) -> None:
    """End processes one after the other: each is asked first, and made to after `STOP_SECONDS`."""
    for daemon in daemons:
        daemon.signal(signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        while daemon.pid() is not None:
            if time.monotonic() > end:
                daemon.signal(signal.SIGKILL)
            time.sleep(POLL_SECONDS)
        daemon.record.unlink(missing_ok=True)


def _started(pid: int) -> str | None:
    """Return when a process was started, in whatever words the system has for it; None when it has ended.

    Together with its number this names a process for good: numbers are given again, also after a reboot.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None if Path("/proc/self/stat").exists() else _started_by_ps(pid)
    # The name, in parentheses, may hold anything: what follows the last one are state, …, start (the 20th).
    fields = stat.rpartition(")")[2].split()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return None if fields[0] in "ZX" else f"{boot} {fields[19]}"


def _started_by_ps(pid: int) -> str | None:
    """Return the same on systems without /proc, such as macOS."""
    output = subprocess.run(
        ["ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    state, _, started = output.partition(" ")
    return None if not output or state.startswith("Z") else started.strip()
