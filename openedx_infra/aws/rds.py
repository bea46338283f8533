"""MySQL on Amazon RDS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws.rds import (
    Instance,
    InstanceBlueGreenUpdateArgs,
    ParameterGroup,
    ParameterGroupParameterArgs,
    SubnetGroup,
)

from openedx_infra.aws import mysql, network
from openedx_infra.aws.account import Account
from openedx_infra.aws.server import Server

VERSION, FAMILY = "8.4", "mysql8.4"
"""The long-term release. AWS chooses its minor version, and raises it in maintenance windows."""


@dataclass(frozen=True, kw_only=True)
class Rds(mysql.Mysql):
    """What is asked of a server on RDS."""

    storage: int
    """Disk at first, in GiB."""
    storage_limit: int
    """Disk up to which AWS enlarges it, in GiB."""
    multi_az: bool
    """Whether a standby in another zone takes over."""
    blue_green: bool
    """Whether changes are made to a copy that then takes its place.

    Not with replicas: the provider would leave them behind, copying nothing
    (hashicorp/terraform-provider-aws#33702).
    """


def server(account: Account, name: str, asked: Rds, parent: pulumi.Resource) -> Server:
    """A server, its copies, and what belongs to them. It answers nobody without TLS."""
    opts = account.opts(parent)
    subnets = SubnetGroup(account.name(name), subnet_ids=account.inside.subnets, opts=opts)
    parameters = ParameterGroup(
        account.name(name),
        family=FAMILY,
        parameters=[
            ParameterGroupParameterArgs(name=key, value=value) for key, value in mysql.PARAMETERS.items()
        ],
        opts=opts,
    )
    group = network.security_group(account, name, mysql.PORT, parent)
    shared = _shared(account, asked) | {
        "parameter_group_name": parameters.name,
        "vpc_security_group_ids": [group.id],
    }
    primary = _primary(account, name, asked, {**shared, "db_subnet_group_name": subnets.name}, parent)
    replicas = [
        Instance(
            account.name(f"{name}-replica-{number}"),
            replicate_source_db=primary.identifier,
            skip_final_snapshot=True,
            **shared,
            opts=account.opts(parent, timeouts=mysql.timeouts()),
        )
        for number in range(1, asked.replicas + 1)
    ]
    return Server(
        host=primary.address,
        replica=replicas[0].address if replicas else None,
        ready=[primary, *replicas[:1]],
    )


def _primary(
    account: Account, name: str, asked: Rds, shared: dict[str, Any], parent: pulumi.Resource
) -> Instance:
    blue_green = asked.blue_green and not asked.replicas
    patience = mysql.timeouts(mysql.BLUE_GREEN if blue_green else mysql.UPDATE)
    return Instance(
        account.name(name),
        engine="mysql",
        engine_version=VERSION,
        allocated_storage=asked.storage,
        username=asked.user,
        password=pulumi.Output.secret(asked.password),
        storage_encrypted=True,
        kms_key_id=account.kms_key,
        multi_az=asked.multi_az,
        backup_retention_period=asked.backup_days,
        delete_automated_backups=False,
        deletion_protection=asked.deletion_protection,
        skip_final_snapshot=False,
        final_snapshot_identifier=account.name(f"{name}-final"),
        blue_green_update=InstanceBlueGreenUpdateArgs(enabled=True) if blue_green else None,
        **shared,
        opts=account.data(parent, timeouts=patience),
    )


def _shared(account: Account, asked: Rds) -> dict[str, Any]:
    """What holds for a server and its copies."""
    watched = asked.monitoring
    return {
        "instance_class": asked.instance_class,
        "storage_type": "gp3",
        "max_allocated_storage": asked.storage_limit,
        "publicly_accessible": False,
        "ca_cert_identifier": mysql.AUTHORITY,
        "copy_tags_to_snapshot": True,
        "auto_minor_version_upgrade": True,
        "apply_immediately": asked.apply_immediately,
        "enabled_cloudwatch_logs_exports": list(mysql.LOGS),
        "performance_insights_enabled": asked.insights,
        "performance_insights_kms_key_id": account.kms_key if asked.insights else None,
        "performance_insights_retention_period": mysql.INSIGHTS_DAYS if asked.insights else None,
        "monitoring_interval": watched.seconds if watched else 0,
        "monitoring_role_arn": watched.role if watched else None,
    }
