"""An API server that runs commands on this machine, by the protocol of Kubernetes' remote commands."""

from __future__ import annotations

import json
import os
import pty
import socket
import struct
import subprocess
import termios
import threading
from collections.abc import Callable, Mapping
from fcntl import ioctl
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from accepting_server import TOKEN as TOKEN
from accepting_server import AcceptingServer
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    RejectData,
    Request,
)

from openedx_infra.operations.pods.container import RunningContainer

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"


class ExecServer(AcceptingServer):
    """Answers on a port of this machine until the end of its block. `refusal`: a status and a message instead
    of a process; `lost`: the connection ends as soon as the process began. Processes run in `folder`.
    `attached`: what runs when somebody attaches, as the container's own process."""

    def __init__(
        self,
        *,
        protocol: str = V5,
        refusal: tuple[int, str] | None = None,
        lost: bool = False,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        attached: list[str] | None = None,
    ) -> None:
        super().__init__()
        self.attached = attached
        self.folder = folder
        self.environment = environment
        self.protocol = protocol
        self.refusal = refusal
        self.lost = lost
        self.requests: list[dict[str, list[str]]] = []
        self.paths: list[str] = []

    def container(self) -> RunningContainer:
        """A container whose processes it runs."""
        return RunningContainer(client=self.client(), pod="lms-1", name="lms")

    def answer(self, connection: socket.socket) -> None:
        _Exchange(self, connection).serve()


class _Exchange:
    def __init__(self, server: ExecServer, connection: socket.socket) -> None:
        self.server = server
        self.socket = connection
        self.protocol = WSConnection(ConnectionType.SERVER)
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.input = -1
        self.partial = b""
        self.output: list[threading.Thread] = []

    def serve(self) -> None:
        with self.socket:
            while data := self._received():
                self.protocol.receive_data(data)
                for event in self.protocol.events():
                    if not self._handle(event):
                        return
        if self.process:
            self.process.kill()

    def _received(self) -> bytes:
        try:
            return self.socket.recv(65536)
        except OSError:
            return b""

    def _handle(self, event: Event) -> bool:
        if isinstance(event, Request):
            return self._begin(event)
        if isinstance(event, BytesMessage):
            self.partial += event.data
            if event.message_finished:
                message, self.partial = self.partial, b""
                self._message(message)
        elif isinstance(event, Ping):
            self._send(event.response())
        return not isinstance(event, CloseConnection)

    def _begin(self, request: Request) -> bool:
        assert (b"authorization", f"Bearer {TOKEN}".encode()) in request.extra_headers
        parts = urlsplit(request.target)
        asked = parse_qs(parts.query)
        self.server.requests.append(asked)
        self.server.paths.append(parts.path)
        if self.server.refusal:
            status, message = self.server.refusal
            headers = [(b"content-type", b"application/json")]
            self._send(RejectConnection(status_code=status, headers=headers, has_body=True))
            self._send(RejectData(data=json.dumps({"message": message}).encode()))
            return False
        assert self.server.protocol in request.subprotocols
        self._send(AcceptConnection(subprotocol=self.server.protocol))
        if self.server.lost:
            return False
        command = self.server.attached if parts.path.endswith("/attach") else asked["command"]
        assert command
        self._start(command, tty=asked["tty"] == ["true"], stdin=asked["stdin"] == ["true"])
        return True

    def _start(self, command: list[str], *, tty: bool, stdin: bool) -> None:
        pipe, places = subprocess.PIPE, {"cwd": self.server.folder, "env": self.server.environment}
        try:
            if tty:
                self.input, inside = pty.openpty()
                self.process = subprocess.Popen(
                    command,
                    stdin=inside,
                    stdout=inside,
                    stderr=inside,
                    start_new_session=True,
                    **places,
                    preexec_fn=lambda: ioctl(0, termios.TIOCSCTTY, 0),
                )
                os.close(inside)
                self._pump(1, lambda: _of_terminal(self.input))
            else:
                self.process = subprocess.Popen(
                    command, stdin=pipe if stdin else subprocess.DEVNULL, stdout=pipe, stderr=pipe, **places
                )
                for channel, stream in ((1, self.process.stdout), (2, self.process.stderr)):
                    assert stream
                    self._pump(channel, partial(os.read, stream.fileno(), 32768))
                self.input = self.process.stdin.fileno() if self.process.stdin else -1
        except FileNotFoundError as error:
            self._send_status({"status": "Failure", "reason": "InternalError", "message": str(error)})
            return
        threading.Thread(target=self._end, daemon=True).start()

    def _pump(self, channel: int, read: Callable[[], bytes]) -> None:
        def pump() -> None:
            while piece := read():
                self._send(BytesMessage(data=bytes((channel,)) + piece))

        self.output.append(threading.Thread(target=pump, daemon=True))
        self.output[-1].start()

    def _end(self) -> None:
        assert self.process
        code = self.process.wait()
        for thread in self.output:
            thread.join()
        cause = {"reason": "ExitCode", "message": str(code)}
        failure = {"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": [cause]}}
        self._send_status(failure if code else {"status": "Success"})

    def _send_status(self, status: dict[str, object]) -> None:
        self._send(BytesMessage(data=b"\x03" + json.dumps(status).encode()))
        self._send(CloseConnection(code=1000))

    def _message(self, message: bytes) -> None:
        channel, content = message[0], message[1:]
        try:
            if channel == 0:
                while content:
                    content = content[os.write(self.input, content) :]
            elif channel == 255 and self.process and self.process.stdin:  # a terminal has no end
                self.process.stdin.close()
            elif channel == 4:
                size = json.loads(content)
                ioctl(self.input, termios.TIOCSWINSZ, struct.pack("4H", size["Height"], size["Width"], 0, 0))
        except BrokenPipeError:
            # The process doesn't read: as a node does, it goes on until the process ends.
            return

    def _send(self, event: Event) -> None:
        with self.lock:
            try:
                self.socket.sendall(self.protocol.send(event))
            except OSError:
                return


def _of_terminal(terminal: int) -> bytes:
    try:
        return os.read(terminal, 32768)
    except OSError:
        # Nobody has its other end any more.
        return b""
