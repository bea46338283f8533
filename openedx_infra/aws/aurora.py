"""MySQL on Amazon Aurora."""

from __future__ import annotations

import pulumi
from pulumi_aws.rds import (
    Cluster,
    ClusterInstance,
    ClusterParameterGroup,
    ClusterParameterGroupParameterArgs,
    EngineType,
    SubnetGroup,
)

from openedx_infra.aws import mysql, network
from openedx_infra.aws.account import Account
from openedx_infra.aws.database import cluster_args, timeouts
from openedx_infra.aws.server import Server

VERSION, FAMILY = "8.4.mysql_aurora.8.4.7", "aurora-mysql8.4"
"""Aurora's first release that speaks as MySQL 8.4 does (2026). Aurora takes whole versions only."""


def server(account: Account, name: str, spec: mysql.Mysql, parent: pulumi.Resource) -> Server:
    """A cluster of one writer and as many readers as copies are spec for, each of which can take over.

    AWS raises minor versions by itself, so the version counts when the cluster is made and is ignored
    afterwards: else the next run would ask for a downgrade, which no Aurora does.
    """
    opts = account.opts(parent)
    subnets = SubnetGroup(account.name(name), subnet_ids=account.inside.subnets, opts=opts)
    parameters = ClusterParameterGroup(
        account.name(name),
        family=FAMILY,
        parameters=[
            ClusterParameterGroupParameterArgs(name=key, value=value)
            for key, value in mysql.PARAMETERS.items()
        ],
        opts=opts,
    )
    group = network.security_group(account, name, mysql.PORT, parent)
    cluster = Cluster(
        account.name(name),
        engine="aurora-mysql",
        engine_version=VERSION,
        db_subnet_group_name=subnets.name,
        db_cluster_parameter_group_name=parameters.name,
        vpc_security_group_ids=[group.id],
        delete_automated_backups=False,
        copy_tags_to_snapshot=True,
        apply_immediately=spec.apply_immediately,
        enabled_cloudwatch_logs_exports=list(mysql.LOGS),
        **cluster_args(account, spec, account.final_snapshot(name, parameters.name, subnets.name)),
        opts=account.data(parent, timeouts=timeouts(), ignore_changes=["engineVersion"]),
    )
    writer = _member(account, name, spec, cluster, 0, parent)
    readers = [
        _member(account, name, spec, cluster, number, parent) for number in range(1, spec.replicas + 1)
    ]
    return Server(
        host=cluster.endpoint,
        replica=cluster.reader_endpoint if readers else None,
        ready=[writer, *readers[:1]],
    )


def _member(
    account: Account,
    name: str,
    spec: mysql.Mysql,
    cluster: Cluster,
    number: int,
    parent: pulumi.Resource,
) -> ClusterInstance:
    """An instance of a cluster. The data is the cluster's: an instance can go and come back."""
    return ClusterInstance(
        account.name(f"{name}-{number}"),
        cluster_identifier=cluster.cluster_identifier,
        engine=EngineType.AURORA_MYSQL,
        promotion_tier=number,
        **mysql.instance_args(account, spec),
        opts=account.opts(parent, timeouts=timeouts()),
    )
