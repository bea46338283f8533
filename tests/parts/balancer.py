"""A Service: connections go to its endpoints in turn, whoever they are by now."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Balancer:
    """One address for several servers on this machine, as kube-proxy makes it: it knows nothing of HTTP, and
    doesn't try another server when one refuses."""

    endpoints: list[int] = field(default_factory=list)
    """Ports of the servers. Whoever waits for a pod to be ready, or to leave, changes it."""
    port: int = 0
    refused: int = 0
    """Connections that no server took."""
    _turn: int = 0

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._turn += 1
        try:
            if not self.endpoints:
                raise ConnectionRefusedError
            chosen = self.endpoints[self._turn % len(self.endpoints)]
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", chosen)
        except OSError:
            self.refused += 1
            writer.transport.abort()
            return
        await asyncio.gather(_pass_on(reader, to_writer), _pass_on(to_reader, writer))
        for end in (to_writer, writer):
            with suppress(OSError):
                end.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """All bytes of one direction; a reset of one side is a reset of the other."""
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.transport.abort()


@contextmanager
def balancing() -> Iterator[Balancer]:
    """A balancer that serves until the end of the block, in a thread of its own."""
    balancer, loop, ready = Balancer(), asyncio.new_event_loop(), threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(balancer._connect, "127.0.0.1", 0, backlog=1024)
        balancer.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            with suppress(asyncio.CancelledError):
                await server.serve_forever()

    def run() -> None:
        asyncio.set_event_loop(loop)
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        for left in asyncio.all_tasks(loop):
            left.cancel()
            with suppress(asyncio.CancelledError):
                loop.run_until_complete(left)
        loop.close()

    task = loop.create_task(serve())
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield balancer
    loop.call_soon_threadsafe(task.cancel)
    thread.join(10)
