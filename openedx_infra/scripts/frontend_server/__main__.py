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

from frontend_server import packages
from frontend_server.server import Server, settings

EVERY_SECONDS = 1.0
"""Seconds between two looks at files. By their times and texts: events of files don't pass every way in which
machines share folders."""


def main() -> int:
    """Serve until somebody stops it. Returns the exit code."""
    source, modules = Path(os.environ["SOURCE"]), Path(os.environ["MODULES"])
    if not packages.installed(source, modules) and not packages.install(source, modules):
        return 1
    server = Server(source, os.environ)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    try:
        return _watch(source, modules, server)
    except _EndedError:
        return 0


def _watch(source: Path, modules: Path, server: Server) -> int:
    lists, read = packages.digest(source), settings(source)
    try:
        while True:
            time.sleep(EVERY_SECONDS)
            if (code := server.ended()) is not None:
                print(f"the development server has ended with exit code {code}", flush=True)
                return code or 1
            if lists == packages.digest(source) and read == settings(source):
                continue
            lists, read = packages.digest(source), settings(source)
            server.stop()
            _install_until_it_works(source, modules)
            lists, read = packages.digest(source), settings(source)
            print("the development server starts again", flush=True)
            server = Server(source, os.environ)
    finally:
        server.stop()


def _install_until_it_works(source: Path, modules: Path) -> None:
    """Whoever edits a list of packages may leave it broken for a while."""
    while not packages.installed(source, modules) and not packages.install(source, modules):
        print("packages were not installed: change package.json or package-lock.json", flush=True)
        failed = packages.digest(source)
        while packages.digest(source) == failed:
            time.sleep(EVERY_SECONDS)


class _EndedError(Exception):
    """Somebody stops the pod."""


def _end(number: int, frame: FrameType | None) -> None:
    raise _EndedError


if __name__ == "__main__":
    sys.exit(main())
