"""Keys of AWS KMS, and who may use them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_aws.kms import Alias, Key

from openedx_infra.aws.account import Account

DELETION_DAYS = 30
"""Days for which a deleted key can be had back: AWS' longest."""


def rights(key: str, via: Sequence[str]) -> list[dict[str, Any]]:
    """What a program needs for data that a service of AWS encrypts by a key: its use by that service alone,
    by its name in the region, or any one of several names."""
    return [
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": key,
            "Condition": {"StringEquals": {"kms:ViaService": via[0] if len(via) == 1 else list(via)}},
        }
    ]


def key(account: Account, name: str, description: str, parent: pulumi.Resource) -> Key:
    """A key that AWS renews every year, with an alias that people recognise. Without it, what it encrypted is
    lost."""
    resource = Key(
        account.name(name),
        description=description,
        enable_key_rotation=True,
        deletion_window_in_days=DELETION_DAYS,
        opts=account.data(parent),
    )
    Alias(
        account.name(name),
        target_key_id=resource.key_id,
        opts=account.opts(parent),
    )
    return resource
