"""Mail: its sender, and how it is delivered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.datastores.source import SecretNeed, Source, only_operator_knows
from openedx_infra.config.types.aws_regions import AwsRegion
from openedx_infra.config.types.base import Port, Section
from openedx_infra.config.types.hosts import Email, ServerName


class MailRelay(Source):
    """An SMTP relay in the cluster, which delivers to the recipients' servers directly."""

    run_by = "cluster"
    images = ("smtp",)

    source: Literal["relay"] = "relay"
    """The instance runs a relay. Large mail providers distrust unknown senders: set SPF and reverse DNS."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return ()


class MailSmtp(Source):
    """A mail provider's SMTP server."""

    run_by = "external"
    images = ()

    source: Literal["smtp"]
    """Mail goes to an external SMTP server. Its password is the secret `mail_password`."""
    host: ServerName
    """Name of the server."""
    port: Port = 587
    """Port of the server."""
    security: Literal["none", "starttls", "tls"] = "starttls"
    """`starttls` (usually on port 587), `tls` from the first byte (465), or none (25)."""
    username: str | None = Field(None, min_length=1)
    """User name. None: no login, and no password is needed."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return only_operator_knows("mail_password") if self.username is not None else ()


class MailSes(Source):
    """Amazon SES. Pods send by a role of their own, without a password."""

    run_by = "aws-role"
    images = ()

    source: Literal["ses"]
    """The instance's own stack creates an identity for the sender's domain. Its output `dns_records` has the
    DKIM records to publish; SES sends nothing until AWS has found them."""
    region: AwsRegion | None = Field(None, json_schema_extra={"default_text": "the region of openedx:aws"})
    """AWS region of SES."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return ()  # pods log in by their role


MailDelivery = Annotated[MailRelay | MailSmtp | MailSes, Field(discriminator="source")]


class Mail(Section):
    """Sender and delivery of mail."""

    sender: Email | None = None
    """Sender of mail. Default: the site's contact address."""
    delivery: MailDelivery = MailRelay()
    """How mail is delivered."""
