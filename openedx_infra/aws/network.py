"""Security groups of databases: the clients' groups reach them, on their port, and nobody else."""

from __future__ import annotations

import pulumi
from pulumi_aws.ec2 import SecurityGroup, SecurityGroupIngressArgs

from openedx_infra.aws.account import Account


def security_group(account: Account, name: str, port: int, parent: pulumi.Resource) -> SecurityGroup:
    """A group that lets the network's clients in on one TCP port.

    It has one rule however many clients there are, and none for what goes out: a database calls nobody.
    """
    inside = account.inside
    return SecurityGroup(
        account.name(name),
        description=f"Clients to {name}",
        vpc_id=inside.vpc,
        ingress=[
            SecurityGroupIngressArgs(
                description="From the clients' security groups",
                protocol="tcp",
                from_port=port,
                to_port=port,
                security_groups=inside.clients,
            )
        ],
        opts=account.opts(parent),
    )
