"""Checks of a mail server. Nothing is sent."""

import smtplib
from typing import Any

from . import network
from .report import Fault, Findings, secret

_TLS = {"verify": "full", "ca": None, "certificate": None, "key": None}
"""Django trusts what the system trusts, and nobody else."""


def check(store: dict[str, Any], findings: Findings) -> None:
    """Greet it, encrypt, and log in."""
    config = store["connection"]
    if "endpoint" not in config:
        findings.note("mail goes by Amazon SES, which is asked only when something is sent")
        return
    host, port, security = config["endpoint"]["host"], config["endpoint"]["port"], config["security"]
    network.probe(host, port, _TLS if security == "tls" else None, findings)
    try:
        with _connected(host, port, security) as server:
            server.ehlo()
            if security == "starttls":
                _encrypt(server, host)
            if config["user"]:
                _log_in(server, host, config["user"])
    except smtplib.SMTPException as error:
        raise Fault(f"{host}:{port} is no mail server that takes ours ({_words(error)})", "host") from error
    except OSError as error:
        raise Fault(f"{host}:{port} hangs up ({error}): correct `port` or `security`", "security") from error


def _connected(host: str, port: int, security: str) -> smtplib.SMTP:
    if security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=network.TIMEOUT, context=network.context(_TLS))
    return smtplib.SMTP(host, port, timeout=network.TIMEOUT)


def _encrypt(server: smtplib.SMTP, host: str) -> None:
    if not server.has_extn("starttls"):
        raise Fault(f"{host} offers no STARTTLS on this port: write another port, or tls", "security")
    try:
        server.starttls(context=network.context(_TLS))
    except OSError as error:
        raise network.explained(error, host) from error
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


def _words(error: smtplib.SMTPException) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return f"{error.smtp_code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
    return str(error)
