"""The foundation stack: what many instances share, and the contract that they read."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Mapping
from importlib.metadata import version
from typing import Any

import pulumi

from openedx_infra.components.foundation.foundation import Foundation, FoundationArgs
from openedx_infra.config import Foundation as FoundationConfig
from openedx_infra.config.foundation.contract import CONTRACT_OUTPUT, CONTRACT_SECRETS_OUTPUT, PASSWORDS
from openedx_infra.config.immutable import IMMUTABLE_OUTPUT, immutable_values
from openedx_infra.config.secrets.formats import unfit
from stacks.cluster import cluster
from stacks.gate import validation_gate
from stacks.network import NetworkOfAnother


def deploy(stack: FoundationConfig, secrets: Mapping[str, pulumi.Input[str]]) -> None:
    """Registers the whole foundation and exports its outputs. The only effects are registrations."""
    reference = stack.aws.network_reference if stack.aws else None
    network = NetworkOfAnother(reference) if reference else None
    gate = validation_gate(stack.name, _checks(secrets, network))
    foundation = Foundation(
        "foundation",
        FoundationArgs(stack=stack, secrets=secrets, network=network.network(gate) if network else None),
        pulumi.ResourceOptions(
            providers=[cluster(stack, gate)] if stack.namespaces else None, depends_on=gate
        ),
    )
    for name, value in _outputs(stack, foundation, secrets).items():
        pulumi.export(name, value)


def _checks(
    secrets: Mapping[str, pulumi.Input[str]], network: NetworkOfAnother | None
) -> Iterator[Awaitable[list[str]]]:
    """Checks of values that are known only at run time."""

    async def forms() -> list[str]:
        return unfit(await pulumi.Output.all(**secrets).future() or {})

    yield forms()
    if network:
        yield network.problems()


def _outputs(
    stack: FoundationConfig, foundation: Foundation, secrets: Mapping[str, pulumi.Input[str]]
) -> dict[str, pulumi.Input[Any]]:
    passwords = {PASSWORDS[name]: secrets[PASSWORDS[name]] for name in stack.datastores.shared}
    return {
        CONTRACT_OUTPUT: foundation.contract.apply(lambda contract: contract.model_dump(mode="json")),
        CONTRACT_SECRETS_OUTPUT: pulumi.Output.secret(passwords),
        **({"cluster": stack.cluster.context} if stack.namespaces else {}),
        "version": version("openedx-infra"),
        "config": stack.model_dump(mode="json"),
        IMMUTABLE_OUTPUT: immutable_values(stack),
    }
