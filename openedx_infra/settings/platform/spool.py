"""The log handler that spools tracking events into files, which a sidecar moves to a bucket.

Runs in the platform. Each process writes to a file of its own, and to another one each minute: a file whose
minute is over is whole, and the sidecar takes it without asking anybody. So no process has to be alive, or
busy, for its last events to leave the pod.
"""

import logging
import os
import socket
import time
from pathlib import Path

SECONDS = 60


class SpoolHandler(logging.Handler):
    """Writes each event, with one call of the system, to the file of this process and minute.

    `2026/11/23/lms-5f9c-x2x9k-17-20261123101500.log` below the folder: day, pod, process, minute. An
    event that can't be written is lost here, and still on stdout: no request fails for it.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder = Path(folder)
        # Jobs have the settings of web pods, and no sidecar.
        self.wanted = self.folder.parent.is_dir()
        self.host = socket.gethostname()
        self._opened = (None, None)
        self._file = None

    def emit(self, record):
        """Write one event, where there is a sidecar."""
        if not self.wanted:
            return
        try:
            line = f"{self.format(record)}\n".encode("utf-8", "backslashreplace")
            self._write(line)
        except Exception:
            self.handleError(record)

    def _write(self, line):
        """To the file of now. The sidecar renames what it takes: who was stopped for longer than a minute
        just before this, and so wrote to a file that is gone, writes again."""
        for _ in range(2):
            os.write(self._of_now(), line)
            if self._is_there():
                return

    def _of_now(self):
        now = (os.getpid(), int(time.time()) // SECONDS)
        if now != self._opened:
            self.close_file()
            path = self.path(*now)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
            self._opened = now
        return self._file

    def path(self, process, minute):
        """The file of a process and a minute."""
        began = time.gmtime(minute * SECONDS)
        name = f"{self.host}-{process}-{time.strftime('%Y%m%d%H%M%S', began)}.log"
        return self.folder / time.strftime("%Y/%m/%d", began) / name

    def _is_there(self):
        mine = os.fstat(self._file)
        try:
            there = self.path(*self._opened).stat()
        except FileNotFoundError:
            there = None
        if there is not None and (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino):
            return True
        self.close_file()
        return False

    def close_file(self):
        """Close the file, if there is one; after a fork, the parent's own stays open there."""
        if self._file is not None:
            os.close(self._file)
        self._opened, self._file = (None, None), None

    def close(self):
        """The logging module's protocol."""
        self.close_file()
        super().close()
