"""Messages of Kubernetes' remote commands over a websocket: the channels, and how a process ended."""

from __future__ import annotations

import json
from typing import Any

from openedx_infra.operations.errors import OperationError

STDIN, STDOUT, STDERR, STATUS, SIZE = range(5)
"""Channels: the first byte of each message."""
ENDS_INPUT = "v5.channel.k8s.io"
"""The protocol that can end an input: Kubernetes speaks it since 1.30."""
PROTOCOLS = [ENDS_INPUT, "v4.channel.k8s.io"]
"""Protocols, the best first."""
END_OF_STDIN = bytes((255, STDIN))
"""The message that ends the input."""
CHUNK = 128 * 1024
"""Bytes of input in a message: what kubectl and lightkube send at once."""


def size(columns: int, lines: int) -> bytes:
    """The message that tells the size of a terminal."""
    return bytes((SIZE,)) + json.dumps({"Width": columns, "Height": lines}).encode()


def exit_code(status: bytes) -> int:
    """The exit code in the message that ends a process. Raises OperationError when it never ran, or its end
    is not known."""
    content: dict[str, Any] = json.loads(status)
    if content.get("status") == "Success":
        return 0
    causes = (content.get("details") or {}).get("causes") or ()
    codes = [cause.get("message", "") for cause in causes if cause.get("reason") == "ExitCode"]
    if content.get("reason") == "NonZeroExitCode" and codes and codes[0].isdecimal():
        return int(codes[0])
    raise OperationError(f"The process could not be run: {content.get('message') or content}")
