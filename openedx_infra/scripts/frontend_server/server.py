"""The development server of a micro-frontend as a process that is started, watched and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

STOP_SECONDS = 10
"""Seconds that the server gets to end (a guess: webpack-dev-server ends within one)."""
SETTINGS = (
    "webpack*.js",
    ".env",
    ".env.development",
    ".env.private",
    "babel.config.*",
    "tsconfig.json",
    "module.config.js",
)
"""Files that webpack reads when it starts, and never again."""
LOOKED_FOR = "env.config.*"
"""Files whose presence it looks for when it starts; their text it watches itself."""


def arguments(environment: Mapping[str, str]) -> list[str]:
    """Arguments of webpack-dev-server for what stands between it and the browser.

    It listens to the proxy, takes requests for the public host, which it refuses otherwise, and tells pages
    to come back by the address that they came by, at a path that the proxy knows.
    """
    return [
        "--host",
        environment.get("LISTEN", "0.0.0.0"),
        *(word for host in environment["HOSTS"].split() for word in ("--allowed-hosts", host)),
        "--client-web-socket-url",
        f"auto://0.0.0.0:0{environment['SOCKET_PATH']}",
    ]


def settings(source: Path) -> Sequence[tuple[str, int]]:
    """The files that a running server has read once, each with the time of its last change."""
    read = sorted(path for pattern in SETTINGS for path in source.glob(pattern))
    present = sorted(path.name for path in source.glob(LOOKED_FOR))
    return [*((path.name, path.stat().st_mtime_ns) for path in read), *((name, 0) for name in present)]


class Server:
    """One run of `npm start`."""

    def __init__(self, source: Path, environment: Mapping[str, str]) -> None:
        command = ["npm", "start", "--", *arguments(environment)]
        self._process = subprocess.Popen(
            command, cwd=source, env=dict(environment), start_new_session=True, stdin=subprocess.DEVNULL
        )

    def ended(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """End it and all that it has started."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return
