"""Runs a process of the platform, and again whenever a file that it loaded from a mounted folder changes.

`supervise.py FOLDER[:FOLDER…] COMMAND…`. A process that fails, as a file with an error makes it, is run again
after the next change in these folders, rather than over and over. Code 0 ends the supervisor, too.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

NOTES = Path(os.environ.get("OPENEDX_DEVELOPMENT_ADDED", "/openedx/added"), "notes")
"""What the installation of packages wants people to read."""
PATIENCE = 10.0
"""Seconds that a process gets to finish what it does before it is killed."""
SECONDS = 0.1
SKIPPED = {".git", "node_modules", "__pycache__", ".venv", "venv", "static", "test_root"}
"""Folders that hold nothing which a process loads."""


class Supervisor:
    """One process, run again and again."""

    def __init__(self, folders: str, command: list[str]) -> None:
        self._folders, self._command = folders, command
        self._changed = Path(tempfile.mkdtemp(prefix="reload-"), "changed")
        self._child: subprocess.Popen[bytes] | None = None
        self._leaving = False
        self._started = 0.0

    def run(self) -> int:
        """Run until the process ends well, or until this one is asked to end; return the exit code."""
        signal.signal(signal.SIGTERM, self._leave)
        signal.signal(signal.SIGINT, self._leave)
        while True:
            code = self._once()
            if self._leaving or code == 0:
                return 0
            if code is not None:
                say(f"the process ended with code {code}; it starts again after the next change")
                self._wait_for_a_change()
                if self._leaving:
                    return 0

    def _once(self) -> int | None:
        """Run the process once. None: it was stopped, as a file has changed."""
        self._changed.unlink(missing_ok=True)
        env = {
            **os.environ,
            "OPENEDX_DEVELOPMENT_WATCH": self._folders,
            "OPENEDX_DEVELOPMENT_CHANGED": str(self._changed),
        }
        self._started = time.time()
        self._child = subprocess.Popen(self._command, env=env)
        while self._child.poll() is None:
            if self._changed.exists() and not self._leaving:
                say(f"{self._changed.read_text(encoding='utf-8')} changed: restarting")
                self._stop()
                return None
            time.sleep(SECONDS)
        return self._child.returncode

    def _stop(self) -> None:
        assert self._child is not None
        self._child.terminate()
        try:
            self._child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _wait_for_a_change(self) -> None:
        before = newest(self._folders)
        if self._started < before <= time.time():
            return  # it changed while the process started, which may have seen it as it was before
        while newest(self._folders) == before and not self._leaving:
            time.sleep(1)

    def _leave(self, number: int, frame: FrameType | None) -> None:
        self._leaving = True
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(number)


def newest(folders: str) -> float:
    """Time of the last change of a file of Python in these folders."""
    return max((_time(entry) for folder in folders.split(":") for entry in _files(folder)), default=0.0)


def _files(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in SKIPPED:
                yield from _files(entry.path)
        elif entry.name.endswith(".py"):
            yield entry


def _time(entry: os.DirEntry[str]) -> float:
    try:
        return entry.stat().st_mtime
    except OSError:
        return 0.0


def say(text: str) -> None:
    """Write a line into the log of the pod."""
    print(f"development: {text}", flush=True)


if __name__ == "__main__":
    if NOTES.is_file():
        for line in NOTES.read_text(encoding="utf-8").splitlines():
            say(line)
    sys.exit(Supervisor(sys.argv[1], sys.argv[2:]).run())
