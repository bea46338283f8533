"""Checks that a foundation's contract provides what an instance's stack file needs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from openedx_infra.config.errors.config_error import explain
from openedx_infra.config.errors.key_paths import key_of
from openedx_infra.config.errors.messages import written
from openedx_infra.config.foundation.contract import CONTRACT_OUTPUT, PASSWORDS, PORTS, VERSION, Contract
from openedx_infra.config.rules.aws import stores_run_by
from openedx_infra.config.sections.aws import Irsa
from openedx_infra.config.stack import Stack


def never_up(stack: Stack) -> str:
    """The message for a foundation whose stack doesn't exist or has no contract."""
    name = str(stack.foundation).rpartition("/")[2]
    return _line(
        f"{stack.foundation} is no foundation that was ever brought up: run `openedx-infra up --stack "
        f"{name}` first, with the state in the same place as this instance's, or write the name of one that "
        "was",
    )


def disagreements(stack: Stack, outputs: Mapping[str, Any]) -> list[str]:
    """One line for everything that this instance needs and the foundation's `outputs` don't provide."""
    promised = _with_integers(outputs.get(CONTRACT_OUTPUT))
    if not isinstance(promised, Mapping):
        return [never_up(stack)]
    if other := _other_version(stack, promised.get("version")):
        return [other]
    try:
        contract = read(promised)
    except ValidationError as error:
        return [
            _line(f"the contract of {stack.foundation} is invalid: {fault.removeprefix('openedx:')}")
            for fault in explain(error, Contract)
        ]
    return [
        *_servers(stack, contract),
        *_network(stack, contract),
        *_identity(stack, contract),
        *_region(stack, contract),
    ]


def read(promised: Any) -> Contract:
    """The contract in an output. Raises ValidationError for one that `disagreements` finds wrong."""
    return Contract.model_validate(_with_integers(promised))


def lacking(stack: Stack, passwords: Collection[str]) -> list[str]:
    """One line for each password of a shared server that the foundation doesn't export."""
    return [
        _line(f"{stack.foundation} shares {name} but exports no {PASSWORDS[name]}: {_AGAIN}")
        for name in shared(stack)
        if PASSWORDS[name] not in passwords
    ]


def shared(stack: Stack) -> tuple[str, ...]:
    """Keys of the datastores whose servers this instance shares."""
    return tuple(name for name, section in stack.stores.items() if section.run_by == "foundation")


_AGAIN = "bring it up again"


def _other_version(stack: Stack, version: Any) -> str | None:
    if version == VERSION:
        return None
    newer = isinstance(version, int) and version > VERSION
    remedy = (
        "update the checkout that this instance is brought up from"
        if newer
        else "bring the foundation up from a checkout as new as this one"
    )
    text = f"the contract of {stack.foundation} is of version {written(version)}"
    return _line(f"{text}, and this program reads {VERSION}: {remedy}")


def _servers(stack: Stack, contract: Contract) -> Iterator[str]:
    for name in shared(stack):
        server = getattr(contract, name)
        if server is None:
            where = key_of(("datastores", name, "source"))
            yield (
                f"{where}: shared, but {stack.foundation} shares no {name}: set `{name}` in the "
                "`datastores` of the foundation, or write another source"
            )
        elif server.port != PORTS[name]:
            port = f"{stack.foundation} has {name} on port {server.port}"
            yield _line(f"{port}, and network policies allow {PORTS[name]} only")


def _network(stack: Stack, contract: Contract) -> Iterator[str]:
    if contract.network or (stack.aws and stack.aws.network):
        return
    for place, source in stores_run_by(stack, "aws-network").items():
        yield (
            f"{key_of(place)}: {source} is put into a network of AWS, and {stack.foundation} has "
            "none: set `openedx:aws.network` there, or here"
        )


def _identity(stack: Stack, contract: Contract) -> Iterator[str]:
    if stack.aws and stack.aws.identity:
        return
    users = [f"{key_of(place)}: {source}" for place, source in stores_run_by(stack, "aws-role").items()]
    for user in users if contract.identity is None else ():
        yield (
            f"{user} needs a role for pods, and {stack.foundation} doesn't define how they get one: "
            "set `openedx:aws.identity` there, or here"
        )
    # It decides which resources there are, which no output of another stack may.
    if users and isinstance(contract.identity, Irsa):
        yield (
            f"{key_of(('aws', 'identity'))}: missing: the cluster of {stack.foundation} has IRSA, which each "
            f"instance sets itself: write {{source: irsa, provider_arn: {contract.identity.provider_arn}}}"
        )


def _region(stack: Stack, contract: Contract) -> Iterator[str]:
    if stack.aws and contract.region and stack.aws.region != contract.region:
        yield (
            f"{key_of(('aws', 'region'))}: {written(stack.aws.region)} is not the region of "
            f"{stack.foundation}, whose network and key are in {written(contract.region)}: write that"
        )


def _with_integers(value: Any) -> Any:
    """The value with whole numbers, which Pulumi passes from stack to stack as fractions."""
    if isinstance(value, Mapping):
        return {key: _with_integers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_integers(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _line(text: str) -> str:
    return f"{key_of(('foundation',))}: {text}"
