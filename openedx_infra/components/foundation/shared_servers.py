"""Which servers does AWS run for many instances? The foundation makes them, and its contract tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pulumi

from openedx_infra.aws import kms
from openedx_infra.aws.account import Account, Network
from openedx_infra.aws.server import Server
from openedx_infra.components.datastores.aws import servers
from openedx_infra.components.datastores.aws.account import account as aws_account
from openedx_infra.config import Foundation
from openedx_infra.config.foundation.contract import PASSWORDS, PORTS, Contract
from openedx_infra.config.foundation.foundation import FoundationAws
from openedx_infra.config.sections import aws as said_aws

_MAKERS: Mapping[str, Callable[[Account, Any, pulumi.Input[str], pulumi.Resource], Server]] = {
    "mysql": servers.mysql,
    "mongodb": servers.mongodb,
    "broker": servers.broker,
    "cache": servers.cache,
    "search": servers.search,
}
_ADMINISTRATORS = {
    "mysql": servers.ADMINISTRATOR,
    "mongodb": servers.ADMINISTRATOR,
    "search": servers.SEARCH_USER,
}


def share(
    stack: Foundation,
    said: FoundationAws,
    secrets: Mapping[str, pulumi.Input[str]],
    network: pulumi.Output[said_aws.Network] | None,
    parent: pulumi.Resource,
) -> pulumi.Output[Contract]:
    """Makes what is shared, and promises it."""
    account = _account(stack, said, network, parent)
    made = {
        name: _MAKERS[name](account, getattr(stack.datastores, name), secrets[PASSWORDS[name]], parent)
        for name in stack.datastores.said
    }
    return pulumi.Output.all(
        network=network or said.network,
        kms_key=account.kms_key,
        servers={name: {"host": server.host, "reader": server.replica} for name, server in made.items()},
    ).apply(lambda known: _promised(said, known))


def _account(
    stack: Foundation,
    said: FoundationAws,
    network: pulumi.Output[said_aws.Network] | None,
    parent: pulumi.Resource,
) -> Account:
    account = aws_account(
        stack.name,
        said,
        network=_network(network or (pulumi.Output.from_input(said.network) if said.network else None)),
        kms_key=said.kms_key,
        protect=stack.protects,
        parent=parent,
    )
    if not said.own_key:
        return account
    text = f"Data of stack {stack.name} and of the instances that are built on it"
    return replace(account, kms_key=kms.key(account, "data", text, parent).arn)


def _network(known: pulumi.Output[said_aws.Network] | None) -> Network | None:
    if known is None:
        return None
    return Network(
        vpc=known.apply(lambda network: network.vpc),
        subnets=known.apply(lambda network: list(network.subnets)),
        clients=known.apply(lambda network: list(network.clients)),
    )


def _promised(said: FoundationAws, known: Mapping[str, Any]) -> Contract:
    shared = {
        name: {**server, "port": PORTS[name], "administrator": _ADMINISTRATORS.get(name)}
        for name, server in known["servers"].items()
    }
    return Contract(
        region=said.region,
        network=known["network"],
        identity=said.identity,
        kms_key=known["kms_key"],
        **shared,
    )
