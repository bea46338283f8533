"""Checks of a mail server. Nothing is sent."""

import smtplib
from typing import Any

from . import network
from .report import Fault, Findings, secret

_UNKNOWN_MAILBOX = "5.1."
"""Status codes about a recipient's address (RFC 3463, 3.2)."""


def check(store: dict[str, Any], findings: Findings) -> None:
    """Greet it as Django does, encrypt, log in, and name sender and recipient."""
    config = store["connection"]
    if "endpoint" not in config:
        findings.note("mail goes by Amazon SES, which is asked only when something is sent")
        return
    host, port, security = config["endpoint"]["host"], config["endpoint"]["port"], config["security"]
    network.probe(host, port, network.WEB if security == "tls" else None, findings)
    try:
        with _connected(host, port, security, store["greeting"]) as server:
            server.ehlo()
            if security == "starttls":
                _encrypt(server, host)
            if config["user"]:
                _log_in(server, host, config["user"])
            _address(server, host, store, findings)
    except smtplib.SMTPException as error:
        raise Fault(f"{host}:{port} is no mail server that takes ours ({_words(error)})", "host") from error
    except OSError as error:
        raise Fault(f"{host}:{port} hangs up ({error}): correct `port` or `security`", "security") from error


def _connected(host: str, port: int, security: str, greeting: str) -> smtplib.SMTP:
    if security == "tls":
        context = network.context(network.WEB)
        return smtplib.SMTP_SSL(host, port, greeting, timeout=network.TIMEOUT, context=context)
    return smtplib.SMTP(host, port, greeting, timeout=network.TIMEOUT)


def _encrypt(server: smtplib.SMTP, host: str) -> None:
    if not server.has_extn("starttls"):
        raise Fault(f"{host} offers no STARTTLS on this port: write another port, or tls", "security")
    try:
        server.starttls(context=network.context(network.WEB))
    except OSError as error:
        raise network.explained(error, host, web=True) from error
    server.ehlo()


def _log_in(server: smtplib.SMTP, host: str, user: str) -> None:
    try:
        server.login(user, secret("mail_password"))
    except smtplib.SMTPAuthenticationError as error:
        raise Fault(
            f"{host} refuses the password of {user} ({_words(error)}): put the right one into "
            "openedx:secrets.mail_password",
            "username",
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Fault(f"{host} asks nobody to log in: leave `username` out", "username") from error


def _address(server: smtplib.SMTP, host: str, store: dict[str, Any], findings: Findings) -> None:
    """Name sender and recipient, and take it back. Many servers judge our greeting only here."""
    sender, greeting = store["sender"], store["greeting"]
    answer = server.mail(sender)
    if answer[0] >= 500:
        findings.fault(
            f"{host} takes no mail from {sender} ({_shown(answer)}): set openedx:mail.sender to an address "
            "that it sends for, or allow that one there"
        )
        return
    answer = server.rcpt(sender)
    if answer[0] >= 500 and not _shown(answer).partition(" ")[2].startswith(_UNKNOWN_MAILBOX):
        findings.fault(
            f"{host}, greeted as {greeting}, delivers no mail of {sender} ({_shown(answer)}): allow this "
            "cluster's addresses to send there, or log in by `username`"
        )
    elif answer[0] >= 400:
        findings.warn(
            f"{host} takes no mail to {sender} at present ({_shown(answer)}): those who answer the site's "
            "mails may get that back"
        )
    server.rset()


def _shown(answer: tuple[int, bytes]) -> str:
    return f"{answer[0]} {' '.join(answer[1].decode(errors='replace').split())}"


def _words(error: smtplib.SMTPException) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return f"{error.smtp_code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
    return str(error)
