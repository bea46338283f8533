"""Free ports on the loopback address, chosen once for a cluster and remembered."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Iterable
from pathlib import Path

RANGE = range(20_000, 30_000)
"""Below what systems hand out to passing connections (from 32768), above what services commonly take."""


def remembered(path: Path) -> dict[str, int]:
    """Return the ports written down in a file; none when there is no such file."""
    try:
        content = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {str(name): int(port) for name, port in content.items()}


def choose(path: Path, names: Iterable[str]) -> dict[str, int]:
    """Return a free port for each name and write them down; the remembered one, if it is free.

    The search starts where the file's place says: two clusters on one machine seldom look at the same ports.
    """
    ports = remembered(path)
    search = random.Random(str(path))
    for name in names:
        port = ports.pop(name, None)
        while port is None or port in ports.values() or not free(port):
            port = search.choice(RANGE)
        ports[name] = port
    path.write_text(json.dumps(ports, indent=2) + "\n")
    return ports


def free(port: int) -> bool:
    """Tell whether nobody listens at a port of this machine."""
    with socket.socket() as probe:
        # A connection that was closed a moment ago must not make its port look taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
