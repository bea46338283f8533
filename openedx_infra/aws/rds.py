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
from openedx_infra.aws.database import BLUE_GREEN, UPDATE, data_args, timeouts
from openedx_infra.aws.server import Server

VERSION, FAMILY = "8.4", "mysql8.4"
"""The long-term release. AWS chooses its minor version, and raises it in maintenance windows."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked of a server on RDS alone."""

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


def server(
    account: Account, name: str, spec: mysql.Mysql, options: Options, parent: pulumi.Resource
) -> Server:
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
    shared = _shared(account, spec, options) | {
        "parameter_group_name": parameters.name,
        "vpc_security_group_ids": [group.id],
    }
    own = data_args(account, spec, account.final_snapshot(name, parameters.name, subnets.name))
    own["db_subnet_group_name"] = subnets.name
    primary = _primary(account, name, spec, options, shared | own, parent)
    replicas = [
        Instance(
            account.name(f"{name}-replica-{number}"),
            replicate_source_db=primary.identifier,
            skip_final_snapshot=True,
            **shared,
            opts=account.opts(parent, timeouts=timeouts()),
        )
        for number in range(1, spec.replicas + 1)
    ]
    return Server(
        host=primary.address,
        replica=replicas[0].address if replicas else None,
        ready=[primary, *replicas[:1]],
    )


def _primary(
    account: Account,
    name: str,
    spec: mysql.Mysql,
    options: Options,
    args: dict[str, Any],
    parent: pulumi.Resource,
) -> Instance:
    blue_green = options.blue_green and not spec.replicas
    patience = timeouts(BLUE_GREEN if blue_green else UPDATE)
    return Instance(
        account.name(name),
        engine="mysql",
        engine_version=VERSION,
        allocated_storage=options.storage,
        username=spec.user,
        password=pulumi.Output.secret(spec.password),
        multi_az=options.multi_az,
        delete_automated_backups=False,
        blue_green_update=InstanceBlueGreenUpdateArgs(enabled=True) if blue_green else None,
        **args,
        opts=account.data(parent, timeouts=patience),
    )


def _shared(account: Account, spec: mysql.Mysql, options: Options) -> dict[str, Any]:
    """What holds for a server and its copies."""
    return {
        **mysql.instance_args(account, spec),
        "storage_type": "gp3",
        "max_allocated_storage": options.storage_limit,
        "enabled_cloudwatch_logs_exports": list(mysql.LOGS),
    }
