"""Running one process in a container, with its streams, until it ends."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from openedx_infra.operations.pods import channels
from openedx_infra.operations.pods.connection import (
    Output,
    connected,
    received,
    require_end_of_input,
    to_the_end,
)
from openedx_infra.operations.pods.container import RunningContainer

if TYPE_CHECKING:
    from httpx2.websockets import AsyncWebSocketSession


class Source(Protocol):
    """Bytes to read in pieces: an open file, a pipe."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""
        ...


def run(
    container: RunningContainer,
    command: Sequence[str],
    *,
    stdin: bytes | Source | None = None,
    on_stdout: Output,
    on_stderr: Output,
) -> int:
    """Run a command in a container until it ends, and return its exit code.

    `stdin` is sent in pieces, whatever its length, and then ended; None: the process has no input. Secrets go
    there: arguments are seen in lists of processes and in audit logs. Raises OperationError when the process
    can't be run, or when the connection is lost; then it may run on.
    """
    source: Source | None = io.BytesIO(stdin) if isinstance(stdin, bytes) else stdin

    async def process() -> int:
        import anyio

        async with (
            connected(container, command, stdin=source is not None) as session,
            anyio.create_task_group() as tasks,
        ):
            if source is not None:
                require_end_of_input(session)
                tasks.start_soon(send, session, source)
            code = await received(session, {channels.STDOUT: on_stdout, channels.STDERR: on_stderr})
            tasks.cancel_scope.cancel()
        return code

    return to_the_end(container, process)


async def send(session: AsyncWebSocketSession, source: Source) -> None:
    """Send a stream to the end as the input of a process, in pieces, however long it is."""
    from anyio import to_thread
    from httpx2.websockets import WebSocketNetworkError
    from wsproto.utilities import LocalProtocolError

    try:
        while piece := await to_thread.run_sync(_next, source, abandon_on_cancel=True):
            await session.send_bytes(bytes((channels.STDIN,)) + piece)
        await session.send_bytes(channels.END_OF_STDIN)
    except (WebSocketNetworkError, LocalProtocolError):
        # The process ended before it read everything. How it ended is on its way.
        return


def _next(source: Source) -> bytes:
    """What there is, up to one message: a pipe's bytes are sent when they come, and not kept."""
    read = getattr(source, "read1", source.read)
    piece: bytes = read(channels.CHUNK)
    return piece
