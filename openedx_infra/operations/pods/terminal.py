"""Running a process in a container with the terminal of whoever runs the command."""

from __future__ import annotations

import os
import signal
import sys
import termios
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import channels, process
from openedx_infra.operations.pods.connection import connected, received, to_the_end
from openedx_infra.operations.pods.container import RunningContainer

if TYPE_CHECKING:
    from httpx2.websockets import AsyncWebSocketSession

KEYS = 4096
"""Bytes that are read from the keyboard at once."""
LEAVE = b"\x03"
"""Ctrl-C. To the first process of a container it would be the signal that ends it."""
SIGNALS = b"\x1a\x1c"
"""Ctrl-Z and Ctrl-\\, which would stop or kill the first process of a container."""


def run(container: RunningContainer, command: Sequence[str]) -> int:
    """Run a command with this process's own input and output, and return its exit code.

    Where input and output are a terminal, the process has one, too: each key reaches it, Ctrl-C included,
    and it is told when the window changes. Otherwise its streams are piped. Raises OperationError as
    `process.run` does.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return process.run(
            container, command, stdin=sys.stdin.buffer, on_stdout=_write_out, on_stderr=_write_error
        )

    async def run_with_keys() -> int:
        import anyio

        async with (
            connected(container, command, stdin=True, tty=True) as session,
            anyio.create_task_group() as tasks,
        ):
            with _raw(sys.stdin.fileno()):
                tasks.start_soon(_send_keys, session, sys.stdin.fileno())
                tasks.start_soon(_send_sizes, session)
                code = await received(session, {channels.STDOUT: _write_out})
                tasks.cancel_scope.cancel()
        return code

    return to_the_end(container, run_with_keys)


def attach(container: RunningContainer) -> None:
    """Be the terminal of a container's own process until Ctrl-C, which leaves it running.

    The container must have been started with a terminal, and this process must have one. Raises
    OperationError where it can't be reached, or ends.
    """

    async def until_left() -> int:
        import anyio

        async with (
            connected(container, None, stdin=True, tty=True) as session,
            anyio.create_task_group() as tasks,
        ):
            with _raw(sys.stdin.fileno()):
                tasks.start_soon(_receive, session)
                tasks.start_soon(_send_sizes, session)
                await _send_keys(session, sys.stdin.fileno(), leave=LEAVE)
                tasks.cancel_scope.cancel()
        return 0

    to_the_end(container, until_left)


async def _receive(session: AsyncWebSocketSession) -> None:
    """Show what a process writes. Its end is the end of all."""
    await received(session, {channels.STDOUT: _write_out})
    raise OperationError(
        "The process has ended.", remedy="`openedx-infra logs` with `--previous` shows what it wrote before"
    )


async def _send_keys(session: AsyncWebSocketSession, keyboard: int, *, leave: bytes = b"") -> None:
    """Send keys to the end of input; with `leave`, to that key. Signals' keys aren't sent then."""
    import anyio
    from httpx2.websockets import WebSocketNetworkError
    from wsproto.utilities import LocalProtocolError

    try:
        while True:
            await anyio.wait_readable(keyboard)
            keys = os.read(keyboard, KEYS)
            if leave:
                keys, left, _ = keys.partition(leave)
                keys = keys.translate(None, SIGNALS)
                if left:
                    return
                if not keys:
                    continue
            if not keys:
                return
            await session.send_bytes(bytes((channels.STDIN,)) + keys)
    except (WebSocketNetworkError, LocalProtocolError):
        # The process has ended, and its exit code is on its way.
        return


async def _send_sizes(session: AsyncWebSocketSession) -> None:
    import anyio
    from httpx2.websockets import WebSocketNetworkError
    from wsproto.utilities import LocalProtocolError

    with anyio.open_signal_receiver(signal.SIGWINCH) as changes:
        try:
            await session.send_bytes(channels.size(*os.get_terminal_size(sys.stdout.fileno())))
            async for _ in changes:
                await session.send_bytes(channels.size(*os.get_terminal_size(sys.stdout.fileno())))
        except (WebSocketNetworkError, LocalProtocolError):
            return


@contextmanager
def _raw(keyboard: int) -> Iterator[None]:
    """Hand on keys as they are pressed, and leave the terminal as it was."""
    before = termios.tcgetattr(keyboard)
    try:
        tty.setraw(keyboard)
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


def _write_out(piece: bytes) -> None:
    sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def _write_error(piece: bytes) -> None:
    sys.stderr.buffer.write(piece)
    sys.stderr.buffer.flush()
