"""The greeting of a MySQL server: what it says before a login.

Its encryption begins after its greeting, so that what is wrong with its certificate is seen here, in clear
words, while MySQL's client library only says that it failed.
"""

import socket
import struct
from typing import Any

from . import network
from .report import Fault, Findings

_SSL, _PROTOCOL_41, _SECURE, _PLUGINS = 0x800, 0x200, 0x8000, 0x80000
"""Capabilities of MySQL's protocol."""
_UTF8MB4 = 45


def greet(host: str, port: int, tls: dict[str, Any] | None, findings: Findings, field: str) -> None:
    """Hear a server's greeting, and begin encryption if `tls` is given. Raises Fault."""
    with network.connect(host, port, field) as raw:
        greeting = _packet(raw, host, port, field)
        if tls and not _offers_encryption(greeting):
            raise Fault(f"{host} offers no encryption: switch it on there, or leave `tls` out", "tls")
        if tls:
            wish = _SSL | _PROTOCOL_41 | _SECURE | _PLUGINS
            raw.sendall(b"\x20\x00\x00\x01" + struct.pack("<IIB23x", wish, 2**24, _UTF8MB4))
            network.encrypt(raw, host, tls, findings).close()


def _packet(raw: socket.socket, host: str, port: int, field: str) -> bytes:
    stream = raw.makefile("rb")
    try:
        header = stream.read(4)
        body = stream.read(int.from_bytes(header[:3], "little")) if len(header) == 4 else b""
    except OSError:
        body = b""
    if body[:1] == b"\xff":
        raise Fault(f"{host} takes no connections from here: {body[3:].decode(errors='replace')}", field)
    if body[:1] != b"\x0a":
        raise Fault(f"what answers at {host}:{port} is no MySQL server: correct host and port", field)
    return body


def _offers_encryption(greeting: bytes) -> bool:
    # After the version: the connection's number (4), random bytes (8), a zero, and the capabilities.
    start = greeting.index(b"\x00", 1) + 1 + 4 + 8 + 1
    return bool(int.from_bytes(greeting[start : start + 2], "little") & _SSL)
