"""Databases that AWS runs on instances: what is asked of RDS, Aurora and DocumentDB alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from openedx_infra.aws.account import Account

AUTHORITY = "rds-ca-rsa2048-g1"
"""Authority of the servers' certificates: AWS' default, valid until 2061, part of its published bundle."""
CREATE, UPDATE, DELETE = "60m", "80m", "60m"
"""Patience with AWS. A Multi-AZ instance takes some 15 minutes (AWS), a large one most of an hour (MIT)."""
BLUE_GREEN = "12h"
"""Patience with a change by a copy, whose replication must catch up first (MIT's value)."""


@dataclass(frozen=True, kw_only=True)
class Database:
    """What is asked of a server."""

    instance_class: str
    """Size of each instance."""
    user: str
    """Its administrator."""
    password: pulumi.Input[str]
    """The administrator's password; treated as a secret whatever it is given as."""
    backup_days: int
    """Days to which it can be set back."""
    deletion_protection: bool
    """Whether AWS refuses to delete it."""


def data_args(account: Account, database: Database, final_snapshot: pulumi.Input[str]) -> dict[str, Any]:
    """Arguments of the resource that holds the data: encrypted, backed up, and with a last snapshot, by its
    name."""
    return {
        "storage_encrypted": True,
        "kms_key_id": account.kms_key,
        "backup_retention_period": database.backup_days,
        "deletion_protection": database.deletion_protection,
        "skip_final_snapshot": False,
        "final_snapshot_identifier": final_snapshot,
    }


def cluster_args(account: Account, database: Database, final_snapshot: pulumi.Input[str]) -> dict[str, Any]:
    """Arguments of a cluster: those of its data, and its administrator."""
    return {
        "master_username": database.user,
        "master_password": pulumi.Output.secret(database.password),
        **data_args(account, database, final_snapshot),
    }


def timeouts(update: str = UPDATE) -> pulumi.CustomTimeouts:
    """Patience with a database."""
    return pulumi.CustomTimeouts(create=CREATE, update=update, delete=DELETE)
