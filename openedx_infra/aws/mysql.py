"""What MySQL on RDS and on Aurora have in common: parameters, authority, monitoring, arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

PORT = 3306
AUTHORITY = "rds-ca-rsa2048-g1"
"""Authority of the servers' certificates: AWS' default, valid until 2061, part of its published bundle."""
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
CREATE, UPDATE, DELETE = "60m", "80m", "60m"
"""Patience with AWS. A Multi-AZ instance takes some 15 minutes (AWS), a large one most of an hour (MIT)."""
BLUE_GREEN = "12h"
"""Patience with a change by a copy, whose replication must catch up first (MIT's value)."""


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """Enhanced monitoring: numbers of the operating system."""

    seconds: int
    """Seconds between two numbers: 1, 5, 10, 15, 30 or 60."""
    role: pulumi.Input[str]
    """ARN of the role by which RDS writes them."""


@dataclass(frozen=True, kw_only=True)
class Mysql:
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


def timeouts(update: str = UPDATE) -> pulumi.CustomTimeouts:
    """Patience with a database."""
    return pulumi.CustomTimeouts(create=CREATE, update=update, delete=DELETE)
