"""The preflight asks for what services have on servers of others, where nobody makes it for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from samples import LEAST
from shape import Record, find

from openedx_infra.operations.offline.recording import Graph


def _mysql(*, provisioned: bool) -> dict[str, Any]:
    mysql = {"source": "external", "host": "db.example.org", "database": "campus", "provisioned": provisioned}
    return {**LEAST, "datastores": {"mysql": mysql}, "services": {"xqueue": {}}}


def _held(graph: Graph, name: str) -> set[str]:
    return set(graph.object(find(graph, "Secret", name))["stringData"])


def _asked(graph: Graph, store: str) -> Mapping[str, Any]:
    text = graph.object(find(graph, "ConfigMap", "preflight-parameters"))["data"]["preflight.json"]
    found: Mapping[str, Any] = json.loads(text)["stores"][store]
    return found


def test_databases_that_were_made_beforehand(recorded: Record) -> None:
    graph = recorded(_mysql(provisioned=True))
    [asked] = _asked(graph, "mysql")["services"]
    assert asked == {
        "key": "openedx:services.xqueue",
        "database": "campus_xqueue",
        "user": "openedx_xqueue",
        "secret": "xqueue_mysql_password",
    }
    assert _held(graph, "preflight-secrets") == {"mysql_password", "xqueue_mysql_password"}
    assert not [each for each in graph.resources if each.name.endswith("mysql-provision")]


def test_an_administrator_makes_them_and_is_the_only_one_who_logs_in(recorded: Record) -> None:
    graph = recorded(_mysql(provisioned=False))
    assert "services" not in _asked(graph, "mysql")
    assert _held(graph, "preflight-secrets") == {"mysql_root_password"}
    assert find(graph, "Job", "xqueue-mysql-provision")
