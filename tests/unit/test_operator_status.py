"""The status of servers that operators run, and the operators that are missing."""

from __future__ import annotations

from typing import Any, cast

import pytest
from lightkube import ApiError, Client
from lightkube.core.internal_models import meta_v1
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition

from openedx_infra.config import load
from openedx_infra.operations.cluster import operator_status
from openedx_infra.operations.cluster.health import Row
from openedx_infra.operations.errors import OperationError

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


class Cluster:
    """A cluster that knows these definitions of kinds, and answers others with a code."""

    def __init__(self, *known: str, code: int = 404) -> None:
        self._known = known
        self._code = code

    def get(self, kind: type[Any], name: str) -> Any:
        assert kind is CustomResourceDefinition
        if name not in self._known:
            raise ApiError(status=meta_v1.Status(code=self._code, message="no"))
        return kind


def demand(cluster: Cluster, **datastores: Any) -> None:
    stack = load("campus", {"site": SITE, "datastores": datastores})
    operator_status.require_installed(stack, cast(Client, cluster))


OPERATOR = {"source": "operator"}


def test_missing_operators_are_named_with_their_addons() -> None:
    with pytest.raises(OperationError) as caught:
        demand(
            Cluster("perconaservermysqls.ps.percona.com"), mysql=OPERATOR, mongodb=OPERATOR, cache=OPERATOR
        )
    assert "PerconaServerMongoDB (psmdb.percona.com), for mongodb" in caught.value.message
    assert "RedisReplication (redis.redis.opstreelabs.in), for broker and cache" in caught.value.message
    assert "PerconaServerMySQL" not in caught.value.message
    assert "Nothing was changed" in caught.value.message
    assert "`mongodb_operator`, `valkey_operator`" in caught.value.remedy


def test_keda_is_missed_before_anything_is_changed() -> None:
    stack = load("campus", {"site": SITE, "cluster": {"keda": True}})
    operator_status.require_installed(stack, cast(Client, Cluster("scaledobjects.keda.sh")))
    with pytest.raises(OperationError, match="has no ScaledObject"):
        operator_status.require_installed(stack, cast(Client, Cluster()))


def test_who_needs_no_operator_needs_none() -> None:
    demand(Cluster())


def test_who_may_not_look_is_let_through() -> None:
    demand(Cluster(code=403), mysql=OPERATOR)
