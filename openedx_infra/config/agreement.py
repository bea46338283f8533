"""Does a foundation give what an instance needs of it? Its contract, held against the stack file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from openedx_infra.config.contract import CONTRACT_OUTPUT, PASSWORDS, VERSION, Contract
from openedx_infra.config.errors import explain
from openedx_infra.config.mail import MailSes
from openedx_infra.config.places import key_of
from openedx_infra.config.stack import Stack
from openedx_infra.config.wording import said

SHARED = "shared"
"""Source of a server that the foundation shares."""

_IN_A_NETWORK = frozenset({"rds", "aurora", "documentdb", "elasticache", "opensearch"})
"""Sources whose servers are put into a network of AWS."""


def never_up(stack: Stack) -> str:
    """What to say where the foundation's stack is not there, or has no contract."""
    name = str(stack.foundation).rpartition("/")[2]
    return _line(
        stack,
        f"{stack.foundation} is no foundation that was ever brought up: run `openedx-infra up --stack {name}` "
        "first, with the state in the same place as this instance's, or write the name of one that was",
    )


def disagreements(stack: Stack, outputs: Mapping[str, Any]) -> list[str]:
    """One line for everything that this instance needs of its foundation and its `outputs` don't promise."""
    promised = outputs.get(CONTRACT_OUTPUT)
    if not isinstance(promised, Mapping):
        return [never_up(stack)]
    if other := _other_version(stack, promised.get("version")):
        return [other]
    try:
        contract = Contract.model_validate(promised)
    except ValidationError as error:
        return [
            _line(stack, f"the contract of {stack.foundation} says what can't be: {fault}")
            for fault in explain(error, Contract)
        ]
    return [*_missing(stack, contract), *_region(stack, contract)]


def lacking(stack: Stack, passwords: Collection[str]) -> list[str]:
    """One line for each password of a shared server that the foundation doesn't hand on."""
    return [
        _line(stack, f"{stack.foundation} shares {name} and hands on no {PASSWORDS[name]}: {_AGAIN}")
        for name in shared(stack)
        if PASSWORDS[name] not in passwords
    ]


def shared(stack: Stack) -> tuple[str, ...]:
    """Keys of the datastores whose servers this instance shares."""
    return tuple(name for name in PASSWORDS if getattr(stack.datastores, name).source == SHARED)


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
    text = f"the contract of {stack.foundation} is of version {said(version)}, and this program reads {VERSION}"
    return _line(stack, f"{text}: {remedy}")


def _missing(stack: Stack, contract: Contract) -> Iterator[str]:
    """What the instance wants, and the contract doesn't hold."""
    for name in shared(stack):
        if getattr(contract, name) is None:
            where = key_of(("datastores", name, "source"))
            yield (
                f"{where}: shared, but {stack.foundation} shares no {name}: say `{name}` in the `datastores` of "
                "the foundation, or write another source"
            )
    aws = stack.aws
    if contract.network is None and (aws is None or aws.network is None):
        for name in _in_a_network(stack):
            yield (
                f"{key_of(('datastores', name))}: is put into a network of AWS, and {stack.foundation} has none: "
                f"say `openedx:aws.network` in the foundation, or here"
            )
    if contract.identity is None and (aws is None or aws.identity is None):
        for key in _by_a_role(stack):
            yield (
                f"{key}: needs a role for pods, and {stack.foundation} doesn't say how they get one: "
                "say `openedx:aws.identity` in the foundation, or here"
            )


def _region(stack: Stack, contract: Contract) -> Iterator[str]:
    if stack.aws and contract.region and stack.aws.region != contract.region:
        yield (
            f"{key_of(('aws', 'region'))}: {said(stack.aws.region)} is not the region of {stack.foundation}, "
            f"whose network and key are in {said(contract.region)}: write that"
        )


def _in_a_network(stack: Stack) -> Iterator[str]:
    return (name for name in PASSWORDS if getattr(stack.datastores, name).source in _IN_A_NETWORK)


def _by_a_role(stack: Stack) -> Iterator[str]:
    if stack.datastores.storage.source == "s3":
        yield key_of(("datastores", "storage"))
    if isinstance(stack.mail.delivery, MailSes):
        yield key_of(("mail", "delivery"))


def _line(stack: Stack, text: str) -> str:
    return f"{key_of(('foundation',))}: {text}"
