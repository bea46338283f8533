"""The verb port-forward: a port of this machine leads to a port of a pod, through the cluster's API."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import container
from openedx_infra.operations.pods.container import RunningContainer

if TYPE_CHECKING:
    from anyio.abc import SocketStream
    from httpx2.websockets import AsyncWebSocketSession
    from lightkube import Client

HOST = "127.0.0.1"
"""Nobody but users of this machine may come in by it."""
PROTOCOL = "v4.channel.k8s.io"
DATA, ERROR = 0, 1
"""Channels of the one port: the first byte of each message."""
PIECE = 32 * 1024
CONNECT_SECONDS = 30.0
PING_SECONDS = 20.0
"""How often something is sent while nothing happens: proxies close connections that rest for a minute."""


@dataclass(frozen=True, kw_only=True)
class Forward:
    """A port of this machine, and where it leads."""

    client: Client
    component: str
    local: int
    """Port here. 0: any that is free."""
    remote: int
    ready: bool = True
    """Whether only pods that are ready will do: one that waits for a debugger never is."""


def port_of(client: Client, component: str) -> int:
    """The port that the first container of a component listens on.

    Raises OperationError when it listens on none that is known, or when no pod is ready.
    """
    from lightkube.resources.core_v1 import Pod

    chosen = container.choose(client, component)
    with answering():
        spec = client.get(Pod, chosen.pod).spec
    for each in spec.containers if spec else ():
        if each.name == chosen.name and each.ports:
            return each.ports[0].containerPort
    raise OperationError(
        f"{component} has no port.",
        remedy="name one, if it listens on one nevertheless, or another component",
    )


def forward(forward: Forward, on_ready: Callable[[int], object], on_error: Callable[[str], object]) -> None:
    """Listen until Ctrl-C. `on_ready` gets the port here, `on_error` what went wrong with one connection.

    Each connection goes to a pod that is ready when it is opened. Raises OperationError when the port is
    taken.
    """
    import anyio

    async def serve() -> None:
        try:
            listener = await anyio.create_tcp_listener(local_host=HOST, local_port=forward.local)
        except OSError as error:
            raise OperationError(
                f"Port {forward.local} of this machine can't be used: {error.strerror or error}.",
                remedy="name another one: `port-forward COMPONENT LOCAL:REMOTE`",
            ) from error
        async with listener:
            on_ready(int(listener.extra(anyio.abc.SocketAttribute.local_port)))
            await listener.serve(lambda stream: _carry(forward, stream, on_error))

    try:
        anyio.run(serve)
    except KeyboardInterrupt:
        return


async def _carry(forward: Forward, stream: SocketStream, on_error: Callable[[str], object]) -> None:
    """Carry one connection to a pod and back; what goes wrong ends this one alone."""
    import anyio
    from anyio import to_thread

    async with stream:
        try:
            pod = await to_thread.run_sync(
                lambda: container.choose(forward.client, forward.component, ready=forward.ready)
            )
            async with _connected(pod, forward.remote) as session, anyio.create_task_group() as tasks:

                async def there() -> None:
                    await _send(stream, session)
                    tasks.cancel_scope.cancel()

                tasks.start_soon(there)
                if message := await _receive(session, stream):
                    on_error(f"{forward.component}: {message}")
                tasks.cancel_scope.cancel()
        except (Exception, BaseExceptionGroup) as error:
            on_error(f"{forward.component}: {_reason(error)}")


@asynccontextmanager
async def _connected(pod: RunningContainer, port: int) -> AsyncIterator[AsyncWebSocketSession]:
    import httpx2
    from lightkube.config import client_adapter

    parameters = client_adapter.ConnectionParams(timeout=httpx2.Timeout(CONNECT_SECONDS), trust_env=False)
    async with (
        client_adapter.AsyncClient(pod.client.config, parameters) as client,
        client.websocket(
            f"/api/v1/namespaces/{pod.client.namespace}/pods/{pod.pod}/portforward",
            params={"ports": port},
            subprotocols=[PROTOCOL],
            keepalive_ping_interval_seconds=PING_SECONDS,
            keepalive_ping_timeout_seconds=None,
        ) as session,
    ):
        yield session


async def _send(stream: SocketStream, session: AsyncWebSocketSession) -> None:
    """Send what comes from this machine, until it ends."""
    import anyio
    from httpx2.websockets import HTTPXWSException

    try:
        while True:
            await session.send_bytes(bytes((DATA,)) + await stream.receive(PIECE))
    except (anyio.EndOfStream, anyio.BrokenResourceError, HTTPXWSException):
        return


async def _receive(session: AsyncWebSocketSession, stream: SocketStream) -> str:
    """Hand on what the pod sends, until it ends; the cluster's message, if it sent one.

    The first message of each channel is the number of the port.
    """
    import anyio
    from httpx2.websockets import HTTPXWSException

    opened: set[int] = set()
    try:
        while True:
            message = await session.receive_bytes()
            channel, content = message[0], message[1:]
            if channel not in opened and len(content) >= struct.calcsize("<H"):
                opened.add(channel)
                content = content[struct.calcsize("<H") :]
            if content and channel == ERROR:
                return content.decode(errors="replace")
            if content:
                await stream.send(content)
    except (anyio.BrokenResourceError, HTTPXWSException):
        return ""


def _reason(error: Any) -> str:
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return str(error) or type(error).__name__
