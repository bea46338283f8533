"""The connection with one process in a container, and its errors."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import channels
from openedx_infra.operations.pods.container import RunningContainer

if TYPE_CHECKING:
    import httpx2
    from httpx2.websockets import AsyncWebSocketSession

Output = Callable[[bytes], object]
"""Gets what a process writes, as it comes: pieces of any length."""

CONNECT_SECONDS = 30.0
"""How long a process may take to start: the API server asks the node, and the node its runtime. A guess;
one second is usual."""
PING_SECONDS = 20.0
"""How often something is sent while nothing happens: proxies close connections that rest for a minute."""
MESSAGE_BYTES = 2**20
"""The longest message that is accepted. Nodes send at most 32 KiB at once."""


def to_the_end(container: RunningContainer, process: Callable[[], Awaitable[int]]) -> int:
    """Await the exit code of a process. Raises OperationError where it could not be run, or was lost."""
    import anyio
    import httpx2
    from httpx2.websockets import WebSocketUpgradeError

    try:
        return anyio.run(process)
    except BaseException as raised:
        error = _cause(raised)
        if isinstance(error, WebSocketUpgradeError):
            raise OperationError(
                f"The cluster refused to run a process in pod {container.pod}: {_refusal(error.response)}"
            ) from error
        if isinstance(error, httpx2.HTTPError):
            raise OperationError(
                f"The cluster did not answer: {error or type(error).__name__}. Nothing was run."
            ) from error
        if error is raised:
            raise
        raise error from error.__cause__


@asynccontextmanager
async def connected(
    container: RunningContainer, command: Sequence[str] | None, *, stdin: bool, tty: bool = False
) -> AsyncIterator[AsyncWebSocketSession]:
    """The connection with a process that has just been started, or, without a command, with the container's
    own. With a terminal all output is on stdout."""
    import httpx2
    from lightkube.config import client_adapter

    parameters = client_adapter.ConnectionParams(timeout=httpx2.Timeout(CONNECT_SECONDS), trust_env=False)
    async with client_adapter.AsyncClient(container.client.config, parameters) as client:
        client.event_hooks = {"response": [_read_refusal]}
        async with client.websocket(
            f"/api/v1/namespaces/{container.client.namespace}/pods/{container.pod}/"
            f"{'attach' if command is None else 'exec'}",
            params={
                "container": container.name,
                **({} if command is None else {"command": list(command)}),
                "stdin": stdin,
                "stdout": True,
                "stderr": not tty,
                "tty": tty,
            },
            subprotocols=channels.PROTOCOLS,
            max_message_size_bytes=MESSAGE_BYTES,
            keepalive_ping_interval_seconds=PING_SECONDS,
            # The API server answers only while it can hand on the input, for which a process takes its time.
            keepalive_ping_timeout_seconds=None,
        ) as session:
            yield session


async def received(session: AsyncWebSocketSession, outputs: Mapping[int, Output]) -> int:
    """Hand on what a process writes until it ends; its exit code."""
    from httpx2.websockets import HTTPXWSException, WebSocketDisconnect

    try:
        while True:
            message = await session.receive_bytes()
            channel, content = message[0], message[1:]
            if channel == channels.STATUS:
                return channels.exit_code(content)
            if content and channel in outputs:
                outputs[channel](content)
    except HTTPXWSException as error:
        reason = f": {error.reason}" if isinstance(error, WebSocketDisconnect) and error.reason else ""
        raise OperationError(
            f"The connection with the process was lost before it ended{reason}. It may run on.",
            remedy="look at what it did before you run it again",
        ) from error


def require_end_of_input(session: AsyncWebSocketSession) -> None:
    """Raise OperationError unless the cluster can tell a process where its input ends."""
    if session.subprotocol != channels.ENDS_INPUT:
        raise OperationError(
            "This cluster can't tell a process in a container where its input ends.",
            remedy="upgrade it to Kubernetes 1.30 or newer",
        )


async def _read_refusal(response: httpx2.Response) -> None:
    """Read the reason of a refusal while it can be read."""
    if response.status_code != 101:
        await response.aread()


def _refusal(response: httpx2.Response) -> str:
    try:
        return str(json.loads(response.text)["message"])
    except (ValueError, KeyError, TypeError):
        return response.text.strip() or f"HTTP {response.status_code}"


def _cause(error: BaseException) -> BaseException:
    """The one error in groups of one, as tasks raise them."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
