"""The target of a stack of every kind, and what commands can't do without a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from openedx_infra.config import describe
from openedx_infra.operations.cluster import target
from openedx_infra.operations.cluster.target import Target, target_of
from openedx_infra.operations.drift import status
from openedx_infra.operations.engine import failure
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.local_stack import Address
from openedx_infra.operations.stack_files.stack_file import StackFile

KIND = {"kind": "foundation"}
AWS = {**KIND, "aws": {"region": "eu-west-1"}}
ADDONS = {"addons": {"mysql_operator": {}, "mongodb_operator": {"namespace": "mongo"}}}
INSTANCE = {"site": {"lms_host": "learn.example.org"}}
HERE = {"cluster": {"context": "here"}}


def file(said: dict[str, Any]) -> StackFile:
    config = {f"openedx:{key}": value for key, value in said.items()}
    return StackFile(name="mine", path=Path("Pulumi.mine.yaml"), content={"config": config})


@pytest.mark.parametrize(
    ("said", "local", "text"),
    [
        (INSTANCE, True, "namespace openedx-mine of the embedded cluster"),
        ({**INSTANCE, **HERE}, False, "namespace openedx-mine of the cluster of context here"),
        (KIND, True, "the embedded cluster"),
        ({**KIND, **ADDONS}, True, "namespaces operators, mongo of the embedded cluster"),
        (AWS, False, "AWS"),
        ({**AWS, **HERE}, False, "the cluster of context here and AWS"),
        (
            {**AWS, **HERE, **ADDONS},
            False,
            "namespaces operators, mongo of the cluster of context here and AWS",
        ),
    ],
)
def test_every_stack_is_somewhere(said: dict[str, Any], local: bool, text: str) -> None:
    assert file(said).local is local
    stack = describe("mine", said)
    embedded = Address(context="openedx-embedded") if local else None
    assert str(target_of(stack, local=local, address=embedded)) == text


def test_what_needs_no_cluster_asks_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target.connection, "connect", lambda *_: pytest.fail("asked a cluster"))
    monkeypatch.setattr(target.connection, "require_reachable", lambda *_: pytest.fail("asked a cluster"))
    nowhere = target_of(describe("mine", AWS), local=False)
    nowhere.require_reachable()
    assert nowhere.client() is None
    assert list(nowhere.clients()) == []


def test_there_is_a_client_for_each_namespace_and_one_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        target.connection, "connect", lambda _, namespace: asked.append(namespace) or namespace
    )
    here = Address(context="here")
    two = Target(address=here, namespaces=("operators", "mongo"), local=False, on_aws=False)
    assert [*two.clients()] == ["operators", "mongo"]
    assert Target(address=here, namespaces=(), local=True, on_aws=False).client() is not None
    assert asked[-1] == "default"


def test_nothing_is_to_run_where_there_is_no_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    assert status.report(file(AWS), describe("mine", AWS), Console())
    assert "Nothing of stack mine is to run in a cluster" in capsys.readouterr().out


def test_commands_on_instances_refuse_a_foundation() -> None:
    assert stack_file.instance(file(INSTANCE)).site.lms_host == "learn.example.org"
    with pytest.raises(OperationError, match="Stack mine is a foundation, and this command is for instances"):
        stack_file.instance(file(KIND))


def test_a_stack_that_is_not_there_is_told_by_its_name() -> None:
    said = ['error: Preview failed: unknown stack "organization/openedx/shared"']
    error = failure.of_program(OperationError("Pulumi failed."), said)
    assert "organization/openedx/shared, which was never brought up" in str(error)
    assert "openedx-infra up --stack shared" in str(error)


def test_what_pulumi_says_around_the_programs_own_words_is_left_out() -> None:
    said = [
        "error: Stack mine: 1 error",
        "error: an unhandled error occurred: program exited with non-zero exit code: 1",
        "an unhandled error occurred: program exited with non-zero exit code: 1",
    ]
    assert str(failure.of_program(OperationError("Pulumi failed."), said)) == "Stack mine: 1 error"
