"""Amazon SES, and the DNS records that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws.sesv2 import (
    ConfigurationSet,
    ConfigurationSetDeliveryOptionsArgs,
    ConfigurationSetReputationOptionsArgs,
    ConfigurationSetSendingOptionsArgs,
    ConfigurationSetSuppressionOptionsArgs,
    EmailIdentity,
    EmailIdentityDkimSigningAttributesArgs,
)

from openedx_infra.aws.account import Account

OWN_ZONES = frozenset(
    {
        "af-south-1",
        "ap-northeast-3",
        "ap-south-2",
        "ap-southeast-3",
        "ap-southeast-5",
        "ca-west-1",
        "eu-central-2",
        "eu-south-1",
        "il-central-1",
        "me-central-1",
        "us-gov-east-1",
    }
)
"""Regions whose DKIM keys lie in a zone of their own (AWS General Reference, endpoints of SES)."""


@dataclass(frozen=True, kw_only=True)
class Sender:
    """A domain that SES sends for."""

    identity: EmailIdentity
    """The domain."""
    configuration: ConfigurationSet
    """How its mails are sent."""
    records: pulumi.Output[list[dict[str, str]]]
    """What must stand in DNS before anything is sent."""


def dns_records(domain: str, region: str, tokens: Sequence[str]) -> list[dict[str, str]]:
    """The records by which SES proves that the domain is ours, and receivers that mails are its own."""
    zone = f"dkim.{region}.amazonses.com" if region in OWN_ZONES else "dkim.amazonses.com"
    return [
        {"name": f"{token}._domainkey.{domain}", "type": "CNAME", "value": f"{token}.{zone}"}
        for token in tokens
    ]


def rights(identity: str, configuration: str) -> list[dict[str, Any]]:
    """What a program needs to send mails from a domain, by the ARNs of identity and configuration set.

    It also asks how fast it may send: a number of the whole account, so that AWS takes no ARN for it.
    """
    return [
        {
            "Effect": "Allow",
            "Action": ["ses:SendEmail", "ses:SendRawEmail"],
            "Resource": [identity, configuration],
        },
        {"Effect": "Allow", "Action": ["ses:GetSendQuota"], "Resource": "*"},
    ]


def sender(account: Account, name: str, domain: str, region: str, parent: pulumi.Resource) -> Sender:
    """A domain with keys that AWS renews (Easy DKIM). Mails travel encrypted or not at all; who bounced, or
    complained, is sent nothing more.

    A domain has one identity in each region of an account: a second stack that makes it is refused by AWS.
    """
    opts = account.opts(parent)
    configuration = ConfigurationSet(
        account.name(name),
        configuration_set_name=account.name(name),
        region=region,
        delivery_options=ConfigurationSetDeliveryOptionsArgs(tls_policy="REQUIRE"),
        reputation_options=ConfigurationSetReputationOptionsArgs(reputation_metrics_enabled=True),
        sending_options=ConfigurationSetSendingOptionsArgs(sending_enabled=True),
        suppression_options=ConfigurationSetSuppressionOptionsArgs(
            suppressed_reasons=["BOUNCE", "COMPLAINT"]
        ),
        opts=opts,
    )
    identity = EmailIdentity(
        account.name(name),
        email_identity=domain,
        region=region,
        configuration_set_name=configuration.configuration_set_name,
        dkim_signing_attributes=EmailIdentityDkimSigningAttributesArgs(
            next_signing_key_length="RSA_2048_BIT"
        ),
        opts=opts,
    )
    records = identity.dkim_signing_attributes.apply(
        lambda signing: dns_records(domain, region, signing.tokens or [])
    )
    return Sender(identity=identity, configuration=configuration, records=records)
