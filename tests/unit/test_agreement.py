"""A foundation gives what an instance needs: every refusal, and that nothing else is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from openedx_infra.config import Stack, load
from openedx_infra.config.foundation.contract import CONTRACT_OUTPUT, PASSWORDS, PORTS, Contract
from openedx_infra.config.rules.foundation_contract import disagreements, lacking, read, shared
from openedx_infra.operations.offline.simulated_references import promised

NAME = "organization/openedx/foundation"
CONTRACT, SECRETS = promised()
SHARED = {name: {"source": "shared"} for name in PASSWORDS} | {
    "mongodb": {"source": "shared", "experimental": True},
    "cache": {"source": "shared", "database": 1},
}
IN_NETWORK = {"cache": {"source": "elasticache"}, "mysql": {"source": "rds"}}
BY_ROLE = {"datastores": {"storage": {"source": "s3"}}, "mail": {"delivery": {"source": "ses"}}}


def instance(**said: Any) -> Stack:
    features = {"flags": {"ENABLE_DISCUSSION_SERVICE": False}}  # whose indexes can't be told apart
    usual = {"site": {"lms_host": "learn.example.org"}, "foundation": NAME, "features": features}
    return load("campus", {**usual, **said})


def problems(stack: Stack, **changed: Any) -> list[str]:
    return disagreements(stack, {CONTRACT_OUTPUT: {**CONTRACT, **changed}})


EVERYTHING = [
    instance(),
    instance(datastores=SHARED),
    instance(aws={"region": "eu-west-1"}, datastores=IN_NETWORK),
    instance(aws={"region": "eu-west-1"}, **BY_ROLE),
]


@pytest.mark.parametrize("stack", EVERYTHING)
def test_a_foundation_that_shares_everything_suits_everybody(stack: Stack) -> None:
    assert problems(stack) == []


def test_one_that_shares_nothing_suits_who_wants_nothing() -> None:
    assert disagreements(instance(), {CONTRACT_OUTPUT: Contract().model_dump(mode="json")}) == []


def test_numbers_come_as_fractions_through_pulumi() -> None:
    fractions = {**CONTRACT, "version": 1.0, "mysql": {**CONTRACT["mysql"], "port": 3306.0}}
    assert disagreements(instance(datastores=SHARED), {CONTRACT_OUTPUT: fractions}) == []
    contract = read(fractions)
    assert contract == Contract.model_validate(CONTRACT)
    assert contract.mysql and isinstance(contract.mysql.port, int)


@pytest.mark.parametrize("outputs", [{}, {CONTRACT_OUTPUT: None}, {"vpc_id": "vpc-1"}])
def test_a_stack_without_a_contract_is_no_foundation(outputs: dict[str, Any]) -> None:
    [line] = disagreements(instance(), outputs)
    assert line.startswith(f"openedx:foundation: {NAME} is no foundation that was ever brought up")
    assert "openedx-infra up --stack foundation" in line


@pytest.mark.parametrize(
    ("version", "remedy"),
    [
        (2, "update the checkout that this instance is brought up from"),
        (2.0, "update the checkout that this instance is brought up from"),
        (0, "bring the foundation up from a checkout as new as this one"),
        ("one", "bring the foundation up"),
        (None, "bring the foundation up"),
    ],
)
def test_another_version_is_all_that_is_told_and_which_side_to_update(version: Any, remedy: str) -> None:
    [line] = problems(instance(datastores=SHARED), version=version, mysql={"port": "none"})
    assert line.startswith("openedx:foundation: the contract of") and remedy in line


def test_what_it_promises_beside_what_we_know_is_let_pass() -> None:
    mysql = {**CONTRACT["mysql"], "engine": "8.4"}
    assert problems(instance(datastores=SHARED), queue="nats", mysql=mysql) == []


def test_what_can_not_be_is_told_by_its_place() -> None:
    stack = instance(datastores=SHARED)
    found = problems(stack, mysql={"host": ""}, region="Ireland")
    places = [line.split(" is invalid: ")[1].split(": ")[0] for line in found]
    assert places == ["region", "mysql.host", "mysql.port"]
    with pytest.raises(ValidationError):
        read({**CONTRACT, "region": "Ireland"})


def test_all_that_is_missing_is_told_at_once() -> None:
    stack = instance(
        aws={"region": "us-east-1"},
        datastores={**SHARED, **IN_NETWORK, "storage": {"source": "s3"}},
        mail={"delivery": {"source": "ses"}},
    )
    found = problems(stack, network=None, identity=None, **dict.fromkeys(PASSWORDS))
    assert [line.partition(": ")[0] for line in found] == [
        "openedx:datastores.mongodb.source",
        "openedx:datastores.broker.source",
        "openedx:datastores.search.source",
        "openedx:datastores.mysql",
        "openedx:datastores.cache",
        "openedx:datastores.storage",
        "openedx:mail.delivery",
        "openedx:aws.region",
    ]
    assert all(NAME in line for line in found)


def test_what_the_instance_says_itself_is_not_asked_of_the_foundation() -> None:
    network, identity = CONTRACT["network"], CONTRACT["identity"]
    stack = instance(
        aws={"region": "eu-west-1", "network": network, "identity": identity},
        datastores={**IN_NETWORK, **BY_ROLE["datastores"]},
    )
    assert problems(stack, network=None, identity=None) == []


def test_irsa_is_for_each_instance_to_say_as_it_decides_which_resources_there_are() -> None:
    arn = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C3D"
    irsa = {"source": "irsa", "provider_arn": arn}
    [line] = problems(instance(aws={"region": "eu-west-1"}, **BY_ROLE), identity=irsa)
    assert line.startswith("openedx:aws.identity: missing") and f"provider_arn: {arn}" in line
    assert problems(instance(aws={"region": "eu-west-1", "identity": irsa}, **BY_ROLE), identity=irsa) == []
    assert problems(instance(), identity=irsa) == []


def test_a_server_on_another_port_is_behind_our_own_network_policies() -> None:
    [line] = problems(instance(datastores=SHARED), broker={**CONTRACT["broker"], "port": 6380})
    assert "broker on port 6380" in line and str(PORTS["broker"]) in line


def test_passwords_are_asked_for_of_what_is_shared_alone() -> None:
    stack = instance(datastores={"mysql": {"source": "shared"}, "search": {"source": "shared"}})
    assert shared(stack) == ("mysql", "search")
    assert lacking(stack, SECRETS) == []
    assert [
        line.split(" but exports no ")[1].split(":")[0] for line in lacking(stack, ["search_password"])
    ] == ["mysql_root_password"]
