"""Amazon DocumentDB.

It speaks MongoDB's protocol and isn't MongoDB. What matters to its clients:

- 5.0 knows no collation at all; 8.0 knows it by its third query planner;
- no version has retryable writes before 8.0.2 (September 2026), so clients say `retryWrites=false`;
- users belong to the database `admin`, and log in by SCRAM-SHA-1;
- files (GridFS) are its clients' own work, over plain collections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws.docdb import (
    Cluster,
    ClusterInstance,
    ClusterParameterGroup,
    ClusterParameterGroupParameterArgs,
    SubnetGroup,
)

from openedx_infra.aws import network
from openedx_infra.aws.account import Account
from openedx_infra.aws.database import AUTHORITY, Database, cluster_args, timeouts
from openedx_infra.aws.server import Server

PORT = 27017
REPLICA_SET = "rs0"
"""The name that every cluster gives its replica set."""
AUTH_DATABASE = "admin"
"""The database that all users belong to."""
PARAMETERS: Mapping[str, str] = {"tls": "tls1.2+", "audit_logs": "enabled"}
"""What differs from AWS' defaults: no old TLS, and a log of logins and of changes to collections."""


@dataclass(frozen=True, kw_only=True)
class Documentdb(Database):
    """What is asked of a cluster."""

    version: str
    """Version of its engine, such as `8.0.0`."""
    instances: int
    """Number of instances: one writer, and readers that can take over."""

    @property
    def family(self) -> str:
        """Family of its parameters, such as `docdb8.0`."""
        return f"docdb{self.version.rpartition('.')[0]}"


def server(account: Account, name: str, spec: Documentdb, parent: pulumi.Resource) -> Server:
    """A cluster, its instances, and what belongs to them. It answers nobody without TLS."""
    opts = account.opts(parent)
    subnets = SubnetGroup(account.name(name), subnet_ids=account.inside.subnets, opts=opts)
    parameters = ClusterParameterGroup(
        account.name(name),
        family=spec.family,
        parameters=[
            ClusterParameterGroupParameterArgs(name=key, value=value) for key, value in PARAMETERS.items()
        ],
        opts=opts,
    )
    group = network.security_group(account, name, PORT, parent)
    cluster = Cluster(
        account.name(name),
        engine="docdb",
        engine_version=spec.version,
        db_subnet_group_name=subnets.name,
        db_cluster_parameter_group_name=parameters.name,
        vpc_security_group_ids=[group.id],
        enabled_cloudwatch_logs_exports=["audit"],
        # AWS minds it for the password alone (and a name that never changes), which would else change in the
        # next maintenance window: until then nobody could log in by the new one.
        apply_immediately=True,
        **cluster_args(account, spec, account.final_snapshot(name, parameters.name, subnets.name)),
        opts=account.data(parent, timeouts=timeouts()),
    )
    members = [
        ClusterInstance(
            account.name(f"{name}-{number}"),
            cluster_identifier=cluster.cluster_identifier,
            instance_class=spec.instance_class,
            promotion_tier=number,
            ca_cert_identifier=AUTHORITY,
            copy_tags_to_snapshot=True,
            auto_minor_version_upgrade=True,
            opts=account.opts(parent, timeouts=timeouts()),
        )
        for number in range(spec.instances)
    ]
    return Server(host=cluster.endpoint, ready=members[:1])
