"""Requests of strangers, of browsers, and of an ingress before them."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

Answer = tuple[int, bytes, dict[str, str]]
"""Status, body, and headers by their names in lower case."""


def ask(port: int, method: str, target: str, *, body: bytes | None = None, **headers: str) -> Answer:
    """The answer to a request without a login."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, body=body, headers=said)
        answer = connection.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def refusal(call: Callable[..., object], **said: object) -> int:
    """The status by which a call of boto3's is refused."""
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as error:
        call(**said)
    status: int = error.value.response["ResponseMetadata"]["HTTPStatusCode"]
    return status


def ingress(server: int, host: str | None) -> ThreadingHTTPServer:
    """A proxy before the server on a port. It keeps the visitor's Host, or says another."""

    class Ingress(BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = {name.replace("-", "_"): value for name, value in self.headers.items()}
            kept = {name: value for name, value in said.items() if name not in ("Connection", "Host")}
            status, answer, _ = ask(
                server, self.command, self.path, body=body or None, Host=host or said["Host"], **kept
            )
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_PUT = _pass_on

        def log_message(self, format: str, *args: object) -> None:
            pass

    started = ThreadingHTTPServer(("127.0.0.1", 0), Ingress)
    threading.Thread(target=started.serve_forever, daemon=True).start()
    return started
