"""How does mail leave the instance?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.base import Port, Section
from openedx_infra.config.hosts import Email, ServerName


class MailRelay(Section):
    """An SMTP relay of the instance's own, which delivers to the recipients' servers directly."""

    source: Literal["relay"] = "relay"
    """The instance runs a relay. Large mail providers distrust unknown senders: set SPF and reverse DNS."""


class MailSmtp(Section):
    """A mail provider's SMTP server."""

    source: Literal["smtp"]
    """Mails go to an SMTP server outside. Its password is the secret `mail_password`."""
    host: ServerName
    """Name of the server."""
    port: Port = 587
    """Port of the server."""
    security: Literal["none", "starttls", "tls"] = "starttls"
    """`starttls` (usually on port 587), `tls` from the first byte (465), or none (25)."""
    username: str | None = Field(None, min_length=1)
    """User name. None: no login, and no password is needed."""


MailDelivery = Annotated[MailRelay | MailSmtp, Field(discriminator="source")]


class Mail(Section):
    """Sender and way of all mails."""

    sender: Email | None = None
    """Sender of mails. Default: the site's contact address."""
    delivery: MailDelivery = MailRelay()
    """Who delivers."""
