"""The status of servers that operators run."""

from __future__ import annotations

from typing import Any

import pytest

from openedx_infra.operations.cluster import operator_status
from openedx_infra.operations.cluster.health import Row

SITE = {"lms_host": "learn.example.org"}
SPECS: dict[str, dict[str, Any]] = {
    "PerconaServerMySQL": {"mysql": {"size": 3}},
    "PerconaServerMongoDB": {"replsets": [{"size": 3}]},
    "RedisReplication": {"clusterSize": 3},
}
CONNECTION = {"host": "broker-s-hl", "port": 26379, "masterName": "mymaster"}


def row(kind: str, **status: Any) -> Row:
    [found] = [each for each in operator_status.KINDS if each.kind == kind]
    return found.row("it", SPECS[kind], status)


@pytest.mark.parametrize("kind", SPECS)
def test_silence_is_not_readiness(kind: str) -> None:
    silent = row(kind)
    assert not silent.ready
    assert silent.reason


def test_mysql_tells_its_parts_and_what_holds() -> None:
    told = row(
        "PerconaServerMySQL",
        state="error",
        mysql={"state": "initializing", "size": 3, "ready": 1},
        haproxy={"state": "ready", "size": 2, "ready": 2},
        conditions=[
            {"type": "error", "status": "True", "reason": "ErrorReconcile", "message": "no such class: fast"},
            {"type": "ready", "status": "False", "reason": "ready", "message": "was ready"},
        ],
    )
    assert (told.ready, told.count) == (False, "1/3")
    assert told.reason == (
        "error; mysql initializing (1 of 3); haproxy ready (2 of 2); ErrorReconcile: no such class: fast"
    )


@pytest.mark.parametrize("message", ["rs0 has no primary", ["rs0 has no primary"]])
def test_mongodb_tells_its_message(message: str | list[str]) -> None:
    told = row("PerconaServerMongoDB", state="error", ready=2, message=message)
    assert (told.count, told.reason) == ("2/3", "error; rs0 has no primary")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("PerconaServerMySQL", {"state": "ready", "mysql": {"ready": 3}}),
        ("PerconaServerMongoDB", {"state": "ready", "ready": 3}),
        ("RedisReplication", {"masterNode": "broker-0", "connectionInfo": CONNECTION}),
    ],
)
def test_ready_needs_no_reason(kind: str, status: dict[str, Any]) -> None:
    told = row(kind, **status)
    assert (told.ready, told.reason) == (True, "")


def test_a_state_from_before_more_members_were_asked_for_is_not_believed() -> None:
    assert not row("PerconaServerMySQL", state="ready", mysql={"ready": 1}).ready
