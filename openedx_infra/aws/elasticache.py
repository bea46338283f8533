"""Valkey on Amazon ElastiCache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi_aws.elasticache import (
    ParameterGroup,
    ParameterGroupParameterArgs,
    ReplicationGroup,
    SubnetGroup,
)

from openedx_infra.aws import network
from openedx_infra.aws.account import Account
from openedx_infra.aws.server import Server

PORT = 6379
VERSION, FAMILY = "8.1", "valkey8"
LIMIT = 40
"""The longest name of a replication group."""


@dataclass(frozen=True, kw_only=True)
class Valkey:
    """What is asked of a server."""

    node_type: str
    """Size of each node."""
    replicas: int
    """Number of replicas, in other zones, which can take over."""
    snapshot_days: int
    """Days for which daily snapshots are kept; 0: there are none."""
    eviction: Literal["noeviction", "allkeys-lru"]
    """What goes when its memory is full: nothing, or what was used least recently."""
    password: pulumi.Input[str]
    """Its password; treated as a secret whatever it is given as."""
    data: bool
    """Whether losing what it holds is a loss."""


def server(account: Account, name: str, spec: Valkey, parent: pulumi.Resource) -> Server:
    """A replication group of one shard, which any client can use. It answers nobody without TLS and password.

    AWS raises minor versions by itself, so the version counts when it is made and is ignored afterwards: else
    the next run would ask for a downgrade, which means a new, empty server.
    """
    opts = account.opts(parent)
    subnets = SubnetGroup(account.name(name), subnet_ids=account.inside.subnets, opts=opts)
    parameters = ParameterGroup(
        account.name(name),
        family=FAMILY,
        parameters=[ParameterGroupParameterArgs(name="maxmemory-policy", value=spec.eviction)],
        opts=opts,
    )
    group = network.security_group(account, name, PORT, parent)
    last = account.final_snapshot(name, parameters.name, subnets.name, limit=LIMIT)
    options = account.data if spec.data else account.opts
    nodes = ReplicationGroup(
        account.name(name, LIMIT),
        description=f"{name} of {account.prefix}",
        engine="valkey",
        engine_version=VERSION,
        node_type=spec.node_type,
        num_cache_clusters=1 + spec.replicas,
        automatic_failover_enabled=spec.replicas > 0,
        multi_az_enabled=spec.replicas > 0,
        parameter_group_name=parameters.name,
        subnet_group_name=subnets.name,
        security_group_ids=[group.id],
        port=PORT,
        at_rest_encryption_enabled=True,
        kms_key_id=account.kms_key,
        transit_encryption_enabled=True,
        transit_encryption_mode="required",
        auth_token=pulumi.Output.secret(spec.password),
        # A new password is added to the old one, so that those who are connected, or start late, go on.
        auth_token_update_strategy="ROTATE",
        auto_minor_version_upgrade=True,
        snapshot_retention_limit=spec.snapshot_days,
        final_snapshot_identifier=last if spec.data else None,
        opts=options(
            parent,
            timeouts=pulumi.CustomTimeouts(create="60m", update="60m", delete="45m"),
            ignore_changes=["engineVersion"],
        ),
    )
    return Server(host=nodes.primary_endpoint_address, ready=[nodes])
