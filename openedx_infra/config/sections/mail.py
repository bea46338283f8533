"""How does mail leave the instance?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.sections.aws import AwsRegion
from openedx_infra.config.types.base import Port, Section
from openedx_infra.config.types.hosts import Email, ServerName


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


class MailSes(Section):
    """Amazon SES. Pods send by a role of their own, without a password."""

    source: Literal["ses"]
    """The instance's own stack makes an identity for the sender's domain. Its output `dns_records` has the
    DKIM records to publish; before AWS has seen them, nothing is sent."""
    region: AwsRegion | None = Field(None, json_schema_extra={"default_text": "the region of openedx:aws"})
    """Region of AWS that sends."""


MailDelivery = Annotated[MailRelay | MailSmtp | MailSes, Field(discriminator="source")]


class Mail(Section):
    """Sender and way of all mails."""

    sender: Email | None = None
    """Sender of mails. Default: the site's contact address."""
    delivery: MailDelivery = MailRelay()
    """Who delivers."""
