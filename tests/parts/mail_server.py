"""A mail server that takes nobody's mail: greeting, STARTTLS and login as RFC 5321, 3207, 4954 have them."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from typing import Any

from authority import Pair


@dataclass
class MailServer:
    """What it offers, and whom it lets in."""

    pair: Pair | None = None
    """Its certificate; None: it offers no encryption."""
    from_the_first_byte: bool = False
    users: dict[str, str] = field(default_factory=dict)
    greeting: str = "220 mail.example.org"
    refuses: dict[str, str] = field(default_factory=dict)
    """Answers to MAIL and RCPT, by these words; others are taken."""
    strict: bool = False
    """Whether it refuses recipients of clients that greet by a name without a dot, as Postfix'
    reject_non_fqdn_helo_hostname does."""
    heard: list[str] = field(default_factory=list)
    """Lines of clients, logins aside."""
    mails: list[str] = field(default_factory=list)
    """What was sent."""

    def __enter__(self) -> MailServer:
        mail = self

        class Conversation(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                mail.converse(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def converse(self, handler: Any) -> None:
        raw = handler.request
        try:
            if self.from_the_first_byte:
                raw = self._encrypted(raw)
            self._answer(raw)
        except (ssl.SSLError, OSError):
            raw.close()

    def _answer(self, raw: Any) -> None:
        stream, encrypted = raw.makefile("rwb"), self.from_the_first_byte
        _say(stream, self.greeting)
        name = ""
        while line := stream.readline():
            words = line.decode().split()
            if words[0].upper() != "AUTH":
                self.heard.append(line.decode().strip())
            match words[0].upper():
                case "EHLO":
                    name = words[1]
                    _say(stream, *self._offers(encrypted))
                case "MAIL" | "RCPT" | "RSET" as verb:
                    _say(stream, self._envelope(verb, name))
                case "DATA":
                    _say(stream, "354 go on")
                    self.mails.append(_until_dot(stream))
                    _say(stream, "250 2.0.0 Ok: queued")
                case "STARTTLS" if self.pair and not encrypted:
                    _say(stream, "220 go ahead")
                    raw, encrypted = self._encrypted(raw), True
                    stream = raw.makefile("rwb")
                case "AUTH":
                    _say(stream, "235 welcome" if self._knows(words[-1]) else "535 5.7.8 who are you?")
                case "QUIT":
                    _say(stream, "221 bye")
                    return
                case _:
                    _say(stream, "502 not here")

    def _envelope(self, verb: str, name: str) -> str:
        if verb == "RCPT" and self.strict and "." not in name.strip("[]0123456789."):
            return f"504 5.5.2 <{name}>: Helo command rejected: need fully-qualified hostname"
        return self.refuses.get(verb, "250 2.0.0 Ok")

    def _offers(self, encrypted: bool) -> list[str]:
        more = ["STARTTLS"] if self.pair and not encrypted else []
        more += ["AUTH PLAIN"] if self.users else []
        lines = ["mail.example.org", *more]
        return [f"250{'-' if line is not lines[-1] else ' '}{line}" for line in lines]

    def _encrypted(self, raw: Any) -> ssl.SSLSocket:
        assert self.pair
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pair.certificate, self.pair.key)
        return context.wrap_socket(raw, server_side=True)

    def _knows(self, word: str) -> bool:
        _, user, password = base64.b64decode(word).decode().split("\0")
        return self.users.get(user) == password


def _until_dot(stream: Any) -> str:
    lines = []
    while (line := stream.readline()) not in (b".\r\n", b""):
        lines.append(line.decode())
    return "".join(lines)


def _say(stream: Any, *lines: str) -> None:
    stream.write("".join(f"{line}\r\n" for line in lines).encode())
    stream.flush()
