"""What MySQL on RDS and on Aurora have in common: parameters, logs, monitoring, arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from openedx_infra.aws.account import Account
from openedx_infra.aws.database import AUTHORITY, Database

PORT = 3306
LOGS = ("error", "slowquery")
"""Logs that CloudWatch keeps."""
PARAMETERS: Mapping[str, str] = {
    "character_set_server": "utf8mb4",
    "collation_server": "utf8mb4_unicode_ci",
    "require_secure_transport": "1",
    "slow_query_log": "1",
    "long_query_time": "2",
    "log_output": "FILE",
}
"""What differs from AWS' defaults: all of Unicode, no connection in plain, and queries of more than 2 s in a
log."""
INSIGHTS_DAYS = 7
"""Days for which AWS keeps its statistics of queries without charge."""


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """Enhanced monitoring: numbers of the operating system."""

    seconds: int
    """Seconds between two numbers: 1, 5, 10, 15, 30 or 60."""
    role: pulumi.Input[str]
    """ARN of the role by which RDS writes them."""


@dataclass(frozen=True, kw_only=True)
class Mysql(Database):
    """What is asked of a server."""

    apply_immediately: bool
    """Whether changes that restart it happen at once."""
    replicas: int = 0
    """Number of copies to read from."""
    monitoring: Monitoring | None = None
    """None: only what RDS itself sees."""

    @property
    def insights(self) -> bool:
        """Whether instances of this size have statistics of queries: the smallest have not."""
        return not self.instance_class.endswith((".micro", ".small"))


def instance_args(account: Account, server: Mysql) -> dict[str, Any]:
    """Arguments of each instance: its size, certificate, and how it is watched."""
    watched = server.monitoring
    return {
        "instance_class": server.instance_class,
        "publicly_accessible": False,
        "ca_cert_identifier": AUTHORITY,
        "copy_tags_to_snapshot": True,
        "auto_minor_version_upgrade": True,
        "apply_immediately": server.apply_immediately,
        "performance_insights_enabled": server.insights,
        "performance_insights_kms_key_id": account.kms_key if server.insights else None,
        "performance_insights_retention_period": INSIGHTS_DAYS if server.insights else None,
        "monitoring_interval": watched.seconds if watched else 0,
        "monitoring_role_arn": watched.role if watched else None,
    }
