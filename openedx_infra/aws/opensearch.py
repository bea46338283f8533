"""Amazon OpenSearch Service.

A domain in a network needs the service-linked role of OpenSearch, which an account has once and for all:
`aws iam create-service-linked-role --aws-service-name opensearchservice.amazonaws.com`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws.opensearch import (
    Domain,
    DomainAdvancedSecurityOptionsArgs,
    DomainAdvancedSecurityOptionsMasterUserOptionsArgs,
    DomainClusterConfigArgs,
    DomainClusterConfigZoneAwarenessConfigArgs,
    DomainDomainEndpointOptionsArgs,
    DomainEbsOptionsArgs,
    DomainEncryptAtRestArgs,
    DomainNodeToNodeEncryptionArgs,
    DomainPolicy,
    DomainSoftwareUpdateOptionsArgs,
    DomainVpcOptionsArgs,
)

from openedx_infra.aws import network
from openedx_infra.aws.account import Account
from openedx_infra.aws.server import Server

PORT = 443
VERSION = "OpenSearch_2.19"
"""The last release whose answers clients for Elasticsearch 7 understand (3.x isn't tried)."""
TLS = "Policy-Min-TLS-1-2-PFS-2023-10"
LIMIT = 28
"""The longest name of a domain."""
METHODS = ("Delete", "Get", "Head", "Post", "Put")


@dataclass(frozen=True, kw_only=True)
class Opensearch:
    """What is asked of a domain."""

    instance_type: str
    """Size of each node."""
    nodes: int
    """Number of nodes."""
    storage: int
    """Disk of each node, in GiB."""
    user: str
    """Its master user."""
    password: pulumi.Input[str]
    """The master user's password; treated as a secret whatever it is given as."""


def zones(nodes: int, subnets: int) -> int:
    """Over how many zones nodes can be spread: AWS wants as many in each.

    Raises RunError where that can't be done with more than one node: a zone too many would leave shards
    without a copy.
    """
    for count in (3, 2):
        if nodes % count == 0 and subnets >= count:
            return count
    if nodes == 1:
        return 1
    raise pulumi.RunError(
        f"{nodes} nodes of OpenSearch can't be spread evenly over {min(subnets, 3)} zones, which AWS "
        "demands: choose an even number, or a multiple of 3 with subnets in three zones"
    )


def rights(arn: str) -> dict[str, Any]:
    """Who may send requests: everybody who gets through the network, as the domain itself asks for a name and
    a password."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [f"es:ESHttp{method}" for method in METHODS],
                "Resource": f"{arn}/*",
            }
        ],
    }


def server(account: Account, name: str, spec: Opensearch, parent: pulumi.Resource) -> Server:
    """A domain in the network. It answers nobody without TLS, name and password."""
    group = network.security_group(account, name, PORT, parent)
    subnets = pulumi.Output.from_input(account.inside.subnets)
    spread = subnets.apply(lambda ids: zones(spec.nodes, len(ids)))
    domain = Domain(
        account.name(name, LIMIT),
        engine_version=VERSION,
        cluster_config=_nodes(spec, spread),
        ebs_options=DomainEbsOptionsArgs(ebs_enabled=True, volume_type="gp3", volume_size=spec.storage),
        vpc_options=DomainVpcOptionsArgs(
            security_group_ids=[group.id],
            subnet_ids=pulumi.Output.all(subnets, spread).apply(lambda both: list(both[0])[: both[1]]),
        ),
        encrypt_at_rest=DomainEncryptAtRestArgs(enabled=True, kms_key_id=account.kms_key),
        node_to_node_encryption=DomainNodeToNodeEncryptionArgs(enabled=True),
        domain_endpoint_options=DomainDomainEndpointOptionsArgs(enforce_https=True, tls_security_policy=TLS),
        advanced_security_options=DomainAdvancedSecurityOptionsArgs(
            enabled=True,
            internal_user_database_enabled=True,
            master_user_options=DomainAdvancedSecurityOptionsMasterUserOptionsArgs(
                master_user_name=spec.user,
                master_user_password=pulumi.Output.secret(spec.password),
            ),
        ),
        # Clients for Elasticsearch 7 are told a version that they know.
        advanced_options={"override_main_response_version": "true"},
        software_update_options=DomainSoftwareUpdateOptionsArgs(auto_software_update_enabled=True),
        opts=account.data(parent, timeouts=pulumi.CustomTimeouts(create="90m", update="180m", delete="90m")),
    )
    policy = DomainPolicy(
        account.name(name, LIMIT),
        domain_name=domain.domain_name,
        access_policies=pulumi.Output.json_dumps(domain.arn.apply(rights)),
        opts=account.opts(parent, timeouts=pulumi.CustomTimeouts(update="180m", delete="90m")),
    )
    return Server(host=domain.endpoint, ready=[domain, policy])


def _nodes(spec: Opensearch, spread: pulumi.Output[int]) -> DomainClusterConfigArgs:
    several = spec.nodes > 1
    zones = DomainClusterConfigZoneAwarenessConfigArgs(availability_zone_count=spread)
    return DomainClusterConfigArgs(
        instance_type=spec.instance_type,
        instance_count=spec.nodes,
        zone_awareness_enabled=several,
        zone_awareness_config=zones if several else None,
    )
