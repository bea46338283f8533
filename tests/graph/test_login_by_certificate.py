"""A MongoDB whose users log in by a certificate: nobody asks for a password, and backups log in alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from samples import AUTHORITY, LEAST

import policies
from openedx_infra.config import BaseStack, describe
from openedx_infra.operations.offline.recording import Graph

SAID: dict[str, Any] = {
    **LEAST,
    "site": {"lms_host": "learn.example.org", "tls": {"source": "upstream"}},
    "datastores": {
        "mongodb": {
            "source": "external",
            "members": [{"host": "mongodb.example.org"}],
            "auth_mechanism": "MONGODB-X509",
            "retry_writes": False,
            "tls": {"ca": AUTHORITY, "client_certificate": "tests/data/certificates/client.pem"},
        }
    },
    "backups": {"destination": {"bucket": "campus-backups", "region": "eu-west-1"}},
}


def texts(graph: Graph, name: str) -> list[Any]:
    """The files of a name in all ConfigMaps."""
    return [
        graph.object(record)["data"][name]
        for record in graph.resources
        if record.kind == "ConfigMap" and name in (graph.object(record).get("data") or {})
    ]


def test_no_password_is_asked_for(needed: Callable[[BaseStack], Mapping[str, str]]) -> None:
    names = set(needed(describe("dev", SAID)))
    assert "mongodb_password" not in names and "mongodb_client_key" in names


def test_platform_and_backups_log_in_by_it(
    recorded: Callable[..., Graph], needed: Callable[[BaseStack], Mapping[str, str]]
) -> None:
    graph = recorded(SAID)
    stack = describe("dev", SAID)
    assert [str(each) for each in policies.check(graph, stack, needed(stack))] == []
    configs = [json.loads(text)["mongodb"] for text in texts(graph, "backup.json")]
    assert {config["authsource"] for config in configs} == {"$external", "admin"}
    for config in configs:
        if config["authsource"] == "admin":  # the restore test's own server
            assert config["user"] == "root" and "authMechanism" not in config
            continue
        assert (config["authMechanism"], config["authsource"]) == ("MONGODB-X509", "$external")
        assert config["retryWrites"] is False and "user" not in config
    told = json.loads(texts(graph, "preflight.json")[0])["stores"]["mongodb"]["connection"]
    assert (told["auth_mechanism"], told["auth_database"]) == ("MONGODB-X509", "$external")
