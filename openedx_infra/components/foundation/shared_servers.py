"""Servers on AWS that many instances share, and the contract that tells instances of them."""

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
from openedx_infra.config.sections.aws import Network as NetworkConfig

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
    aws: FoundationAws,
    secrets: Mapping[str, pulumi.Input[str]],
    network: pulumi.Output[NetworkConfig] | None,
    parent: pulumi.Resource,
) -> pulumi.Output[Contract]:
    """Registers what is shared. Returns the contract with its addresses."""
    account = _account(stack, aws, network, parent)
    servers = {
        name: _MAKERS[name](account, getattr(stack.datastores, name), secrets[PASSWORDS[name]], parent)
        for name in stack.datastores.shared
    }
    return pulumi.Output.all(
        network=network or aws.network,
        kms_key=account.kms_key,
        servers={name: {"host": server.host, "reader": server.replica} for name, server in servers.items()},
    ).apply(lambda values: _contract(aws, values))


def _account(
    stack: Foundation,
    aws: FoundationAws,
    network: pulumi.Output[NetworkConfig] | None,
    parent: pulumi.Resource,
) -> Account:
    account = aws_account(
        stack.name,
        aws,
        network=_network(network or (pulumi.Output.from_input(aws.network) if aws.network else None)),
        kms_key=aws.kms_key,
        protect=stack.protects,
        parent=parent,
    )
    if not aws.own_key:
        return account
    text = f"Data of stack {stack.name} and of the instances that are built on it"
    return replace(account, kms_key=kms.key(account, "data", text, parent).arn)


def _network(config: pulumi.Output[NetworkConfig] | None) -> Network | None:
    if config is None:
        return None
    return Network(
        vpc=config.apply(lambda network: network.vpc),
        subnets=config.apply(lambda network: list(network.subnets)),
        clients=config.apply(lambda network: list(network.clients)),
    )


def _contract(aws: FoundationAws, values: Mapping[str, Any]) -> Contract:
    shared = {
        name: {**server, "port": PORTS[name], "administrator": _ADMINISTRATORS.get(name)}
        for name, server in values["servers"].items()
    }
    return Contract(
        region=aws.region,
        network=values["network"],
        identity=aws.identity,
        kms_key=values["kms_key"],
        **shared,
    )
