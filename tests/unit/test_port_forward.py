"""A port of this machine leads to a pod: both ways, for several connections, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import parse_qs, urlsplit

import pytest
from accepting_server import AcceptingServer
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Request

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import container, forward
from openedx_infra.operations.pods.container import RunningContainer
from openedx_infra.operations.pods.forward import Forward

PORTS = struct.pack("<H", 8000)


class Pod(AcceptingServer):
    """An API server whose one pod answers each connection by the protocol of Kubernetes' port-forward: it
    sends back in capitals what it gets. `refusal`: the message that the node sends instead."""

    def __init__(self, refusal: str = "") -> None:
        super().__init__()
        self.refusal = refusal
        self.asked: list[str] = []

    def answer(self, connection: socket.socket) -> None:
        protocol, partial = WSConnection(ConnectionType.SERVER), b""
        with connection, suppress(ConnectionError):  # the command may be gone
            while data := connection.recv(65536):
                protocol.receive_data(data)
                for event in protocol.events():
                    if isinstance(event, Request):
                        self.asked.append(event.target)
                        connection.sendall(protocol.send(AcceptConnection(subprotocol="v4.channel.k8s.io")))
                        for channel in (b"\0", b"\1"):
                            connection.sendall(protocol.send(BytesMessage(data=channel + PORTS)))
                        if self.refusal:
                            refusal = BytesMessage(data=b"\1" + self.refusal.encode())
                            connection.sendall(protocol.send(refusal))
                    elif isinstance(event, BytesMessage):
                        partial += event.data
                        if event.message_finished:
                            back = BytesMessage(data=b"\0" + partial[1:].upper())
                            connection.sendall(protocol.send(back))
                            partial = b""
                    elif isinstance(event, Ping | CloseConnection):
                        connection.sendall(protocol.send(event.response()))


@contextmanager
def forwarded(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, list[str]]]:
    """The port here, and what was told of failures; it listens in a thread, to the end of the test."""
    client = pod.client()
    chosen = RunningContainer(client=client, pod="lms-1", name="lms")
    monkeypatch.setattr(container, "choose", lambda *_, **__: chosen)
    ports: list[int] = []
    errors: list[str] = []
    wanted = Forward(client=client, component="lms", local=0, remote=8000)
    threading.Thread(target=forward.forward, args=(wanted, ports.append, errors.append), daemon=True).start()
    end = time.monotonic() + 10
    while not ports:
        assert time.monotonic() < end
        time.sleep(0.01)
    yield ports[0], errors


def received(connection: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size and (piece := connection.recv(65536)):
        content += piece
    return content


def test_bytes_go_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    with Pod() as pod, forwarded(pod, monkeypatch) as (port, errors):
        first = socket.create_connection(("127.0.0.1", port), timeout=10)
        second = socket.create_connection(("127.0.0.1", port), timeout=10)
        with first, second:
            second.sendall(b"second")
            threading.Thread(target=first.sendall, args=(b"a" * 1_000_000,)).start()
            assert received(second, 6) == b"SECOND"
            assert received(first, 1_000_000) == b"A" * 1_000_000
        assert errors == []
        target = urlsplit(pod.asked[0])
        assert target.path == "/api/v1/namespaces/campus/pods/lms-1/portforward"
        assert parse_qs(target.query) == {"ports": ["8000"]}


def test_what_the_node_says_is_told_and_the_next_connection_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with Pod("connection refused") as pod, forwarded(pod, monkeypatch) as (port, errors):
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                assert connection.recv(1) == b""
        assert errors == ["lms: connection refused"] * 2


def test_a_cluster_that_is_gone_ends_the_connection_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with Pod() as pod, forwarded(pod, monkeypatch) as (port, errors):
        pod.stop()
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            assert connection.recv(1) == b""
        assert len(errors) == 1 and errors[0].startswith("lms: ")


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, Pod() as pod:
        wanted = Forward(client=pod.client(), component="lms", local=taken.getsockname()[1], remote=8000)
        with pytest.raises(OperationError, match="can't be used") as caught:
            forward.forward(wanted, print, print)
        assert "LOCAL:REMOTE" in str(caught.value)


def test_ctrl_c_ends_it_quietly() -> None:
    script = (
        "import sys\nfrom openedx_infra.operations.pods.forward import Forward, forward\n"
        "forward(Forward(client=None, component='lms', local=0, remote=1), "
        "lambda port: print('ready', flush=True), print)\nprint('ended')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stdout.readline() == "ready\n"
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "ended\n", "")
