"""The outputs of the stacks that a stack refers to: plausible ones, for recordings, which ask nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openedx_infra.config import BaseStack, Foundation, Stack
from openedx_infra.config.foundation.contract import (
    CONTRACT_OUTPUT,
    CONTRACT_SECRETS_OUTPUT,
    PASSWORDS,
    PORTS,
    Contract,
    SharedServer,
)
from openedx_infra.config.sections.aws import Network, PodIdentity

REGION = "eu-west-1"
"""The region, where the stack itself doesn't say one."""
NETWORK = Network(
    vpc="vpc-0a1b2c3d4e5f60718",
    subnets=("subnet-0a1b2c3d4e5f60718", "subnet-1a1b2c3d4e5f60718"),
    clients=("sg-0a1b2c3d4e5f60718",),
)
"""A network that nobody has."""
_ADMINISTRATORS = ("mysql", "mongodb", "search")


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Outputs of other stacks."""

    plain: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By the stack's full name."""
    secret: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Its secret ones."""

    def of(self, stack: str) -> dict[str, Any]:
        """What the engine would answer to a reference to a stack. Raises LookupError for one that isn't
        there."""
        if stack not in self.plain:
            raise LookupError(f'unknown stack "{stack}"')
        secret = self.secret.get(stack, {})
        return {
            "name": stack,
            "outputs": {**self.plain[stack], **secret},
            "secretOutputNames": sorted(secret),
        }


def plausible(stack: BaseStack) -> Answers:
    """Outputs of all stacks that this one refers to, with all that it could need of them."""
    match stack:
        case Stack(foundation=str(name)):
            contract, passwords = promised(stack.aws.region if stack.aws else REGION)
            return Answers(
                plain={name: {CONTRACT_OUTPUT: contract}}, secret={name: {CONTRACT_SECRETS_OUTPUT: passwords}}
            )
        case Foundation(aws=aws) if aws and (there := aws.network_reference):
            ids = NETWORK.model_dump(mode="json")
            outputs = {there.vpc: ids["vpc"], there.subnets: ids["subnets"], there.clients: ids["clients"]}
            return Answers(plain={there.stack: outputs})
    return Answers()


def promised(region: str = REGION) -> tuple[dict[str, Any], dict[str, str]]:
    """The contract of a foundation that shares everything, and its passwords."""
    servers = {
        name: SharedServer(
            host=f"{name}.foundation.example.org",
            port=port,
            administrator="admin" if name in _ADMINISTRATORS else None,
        )
        for name, port in PORTS.items()
    }
    contract = Contract(
        region=region,
        network=NETWORK,
        identity=PodIdentity(source="pod-identity", cluster="cluster"),
        kms_key=f"arn:aws:kms:{region}:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000",
        **servers,
    )
    return contract.model_dump(mode="json"), {
        name: f"of-the-foundation-{name}" for name in PASSWORDS.values()
    }
