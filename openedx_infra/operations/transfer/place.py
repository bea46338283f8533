"""Where a source is, this machine or one that ssh reaches: commands run there, and stream here."""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, cast

from openedx_infra.operations.errors import OperationError

_REMOTE = re.compile(r"(?P<host>[A-Za-z0-9_][A-Za-z0-9_.@-]*):(?P<path>[/~].*)")
LAST = 2000
"""Characters of what a failed command wrote that its error repeats."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder, on this machine or another."""

    path: str
    host: str | None = None
    """As ssh reads it, with a user or not. None: this machine."""

    def __str__(self) -> str:
        """As the operator wrote it."""
        return self.path if self.host is None else f"{self.host}:{self.path}"

    def command(self, words: Sequence[str]) -> list[str]:
        """A command, as it is run from here."""
        if self.host is None:
            return list(words)
        return [
            "ssh",
            "-o",
            "BatchMode=yes",
            "-o",
            "ServerAliveInterval=30",
            self.host,
            "--",
            shlex.join(words),
        ]

    def text(self, words: Sequence[str], given: bytes = b"") -> str:
        """What a command prints. Raises OperationError when it fails."""
        with Stream(self, words, given) as stream:
            parts = []
            while piece := stream.read(2**20):
                parts.append(piece)
        return b"".join(parts).decode(errors="replace")


def place(text: str) -> Place:
    """A place, written as `FOLDER` or as `[USER@]HOST:FOLDER`."""
    if found := _REMOTE.fullmatch(text):
        return Place(host=found["host"], path=found["path"])
    return Place(path=text)


class Stream:
    """The output of a command, to read in pieces. Its end is an error where the command failed."""

    def __init__(self, where: Place, words: Sequence[str], given: bytes = b"") -> None:
        """`given` is its input: secrets go there, as arguments are seen in lists of processes."""
        self._words = words
        self._errors = io.FileIO(os.memfd_create("errors"), "r+")
        try:
            self._process = subprocess.Popen(
                where.command(words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors
            )
        except OSError as error:
            raise OperationError(f"{words[0]} can't be run: {error.strerror or error}.") from error
        assert self._process.stdin is not None and self._process.stdout is not None
        self._out = cast(io.BufferedReader, self._process.stdout)
        self.size = 0
        """Bytes that were read so far."""
        # By a thread, as a command may write much before it has read all.
        self._writer = threading.Thread(target=_write, args=(self._process.stdin, given), daemon=True)
        self._writer.start()

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end. Raises OperationError where the command has failed."""
        piece = self._out.read1(size)
        self.size += len(piece)
        if not piece and self._process.wait() != 0:
            raise failure(self._words, self._process.returncode, self._written())
        return piece

    def _written(self) -> str:
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace").strip()[-LAST:]

    def __enter__(self) -> Stream:
        """The stream itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the command, if it has not ended."""
        self._process.kill()
        self._process.wait()
        self._writer.join()
        self._out.close()
        self._errors.close()


def _write(to: IO[bytes], given: bytes) -> None:
    try:
        with to:
            to.write(given)
    except BrokenPipeError:
        return  # it has ended, and how is told at the end of its output


_REMEDIES = {
    r"mysql_native_password|Authentication plugin": (
        "the old server's user has an authentication plugin that its client doesn't know: with Tutor run "
        "`tutor local do update-mysql-authentication-plugin root`, else `ALTER USER … IDENTIFIED WITH "
        "caching_sha2_password BY …`, and try again"
    ),
    r"Access denied": "check MySQL's root password on the old site (MYSQL_ROOT_PASSWORD in config.yml)",
    r"is not running|no such service|No such container": (
        "start the databases of the old site: `tutor local start -d mysql mongodb`"
    ),
    r"Permission denied \(|Host key verification|Could not resolve": (
        "log in once by `ssh HOST`, with a key and without a password, and try again"
    ),
    r"No space left": "make room on the machine that this names",
}
"""What to do about an error, by what a command writes."""


def failure(words: Sequence[str], code: int, written: str) -> OperationError:
    """The error of a command that failed."""
    remedy = next((each for pattern, each in _REMEDIES.items() if re.search(pattern, written)), None)
    return OperationError(
        f"{words[0]} failed at the source (exit code {code}): {written or 'it wrote nothing'}", remedy=remedy
    )
