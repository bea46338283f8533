"""Install the packages of a micro-frontend, run its development server, and do both again when it must be.

SOURCE is the mounted folder, MODULES the volume of its packages, whose `node_modules` the source shows as its
own. PORT, PUBLIC_PATH and all else of the environment are the server's.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from . import packages
from .server import Server, settings

EVERY_SECONDS = 1.0
"""Seconds between two looks at files. By their times and texts: events of files don't pass every way in which
machines share folders."""


def main() -> int:
    """Serve until somebody stops it. Returns the exit code."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    source, modules = Path(os.environ["SOURCE"]), Path(os.environ["MODULES"])
    try:
        if not packages.installed(source, modules) and not packages.install(source, modules):
            return 1
        return _serve(source, modules)
    except _EndedError:
        return 0


def _serve(source: Path, modules: Path) -> int:
    """Run server after server, until one ends by itself: with its exit code."""
    while True:
        read = _read(source)  # before it starts: what changes meanwhile starts it again
        server = Server(source, os.environ)
        try:
            while read == _read(source):
                time.sleep(EVERY_SECONDS)
                if (code := server.ended()) is not None:
                    print(f"the development server has ended with exit code {code}", flush=True)
                    return code or 1
        finally:
            server.stop()
        _install_until_it_works(source, modules)
        print("the development server starts again", flush=True)


def _read(source: Path) -> object:
    """What a server has read once."""
    return packages.digest(source), settings(source)


def _install_until_it_works(source: Path, modules: Path) -> None:
    """Whoever edits a list of packages may leave it broken for a while."""
    while not packages.installed(source, modules):
        tried = packages.digest(source)
        if not packages.install(source, modules):
            print("packages were not installed: change package.json or package-lock.json", flush=True)
            while packages.digest(source) == tried:
                time.sleep(EVERY_SECONDS)


class _EndedError(Exception):
    """Somebody stops the pod."""


def _end(number: int, frame: FrameType | None) -> None:
    raise _EndedError


if __name__ == "__main__":
    sys.exit(main())
