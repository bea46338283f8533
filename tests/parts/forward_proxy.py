"""An HTTP proxy as a campus has it: all requests go to one server of this machine, whoever they name."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP = ("transfer-encoding", "content-length", "connection", "date", "server")
"""Headers that each server writes itself."""


@dataclass
class ForwardProxy:
    """What it was asked for, and how it answers."""

    server: int
    """Port of the server behind it."""
    port: int = 0
    asked: list[str] = field(default_factory=list)
    """Hosts with ports, in the order of the requests."""
    host: str = ""
    """What it calls the server behind it, instead of passing on whom clients ask for. Empty: it passes that
    on."""
    login: bool = False
    """Whether it wants to know who asks."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What pods have that go by it."""
        names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
        return {**dict.fromkeys(names, self.url), "NO_PROXY": "localhost,127.0.0.1"}


@contextmanager
def forwarding(server: int) -> Iterator[ForwardProxy]:
    """A proxy that serves until the end of the block."""
    proxy = ForwardProxy(server=server)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_CONNECT(self) -> None:
            proxy.asked.append(self.path)
            self._end(407 if proxy.login else 403)

        def do_GET(self) -> None:
            target = urlsplit(self.path)
            proxy.asked.append(target.netloc)
            if proxy.login:
                return self._end(407)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            connection = http.client.HTTPConnection("127.0.0.1", proxy.server, timeout=60)
            path = f"{target.path or '/'}{'?' + target.query if target.query else ''}"
            connection.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() != "proxy-connection":
                    renamed = proxy.host and name.lower() == "host"
                    connection.putheader(name, proxy.host if renamed else value)
            connection.endheaders(body)
            answer = connection.getresponse()
            data = b"" if self.command == "HEAD" else answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in (
                    "transfer-encoding",
                    "content-length",
                    "connection",
                    "date",
                    "server",
                ):
                    self.send_header(name, value)
            length = answer.getheader("Content-Length", "0") if self.command == "HEAD" else str(len(data))
            self.send_header("Content-Length", length)
            self.end_headers()
            self.wfile.write(data)
            connection.close()

        do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = do_GET

        def _end(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """The test says itself what went wrong."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    proxy.port = listening.server_port
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield proxy
    listening.shutdown()
    listening.server_close()
