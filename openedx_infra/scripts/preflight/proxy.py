"""Checks of the proxy by which pods reach web servers outside, and connections through it."""

import socket
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from . import network
from .report import Fault, Findings

_LOGIN, _LONGEST = 407, 65_536


def check(about: dict[str, Any], findings: Findings) -> None:
    """Ask it for the way to the LMS. Whether it may go there is its owner's business; that it answers as a
    proxy does, and asks nobody for a password, is what pods need."""
    raw, status = _ask(about["url"], about["target"])
    raw.close()
    findings.note(f"the proxy answers {status} for {about['target']}")


def is_used_for(host: str, port: int, *, encrypted: bool) -> bool:
    """Whether clients ask the proxy for this server, by the variables that they read."""
    scheme = "https" if encrypted else "http"
    proxies = urllib.request.getproxies_environment()
    return scheme in proxies and not urllib.request.proxy_bypass(f"{host}:{port}")


def probe(host: str, port: int, tls: dict[str, Any], findings: Findings, field: str) -> None:
    """Connect to a server by the proxy, encrypted, and hang up."""
    url = urllib.request.getproxies_environment()["https"]
    raw, status = _ask(url, f"{host}:{port}")
    with raw:
        if status != 200:
            raise Fault(
                f"the proxy of openedx:network.proxy answers {status} for {host}:{port}: let it go there, or "
                "name the host in openedx:network.proxy.exceptions, if pods reach it themselves",
                field,
            )
        with network.encrypt(raw, host, tls, findings):
            pass


def _ask(url: str, target: str) -> tuple[socket.socket, int]:
    """Ask the proxy for a connection: the connection, and the status of its answer."""
    parts = urlsplit(url)
    raw = network.connect(parts.hostname or "", parts.port or 80, "url")
    raw.settimeout(network.TIMEOUT)
    try:
        raw.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer and len(answer) < _LONGEST:
            part = raw.recv(1)  # what follows the answer is the other server's
            if not part:
                break
            answer += part
    except OSError as error:
        raw.close()
        raise Fault(f"it gives no answer as proxies do ({error}): correct host and port", "url") from error
    words = answer.split(b"\r\n")[0].split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raw.close()
        raise Fault("it is no HTTP proxy: correct host and port", "url")
    status = int(words[1])
    if status == _LOGIN:
        raw.close()
        raise Fault(
            "it asks for user and password, which pods don't have: let it serve the addresses of the "
            "cluster's nodes without",
            "url",
        )
    return raw, status
