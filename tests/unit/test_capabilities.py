"""Whatever a connection can say, an external server can be reached by: what one source knows, all offer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any

import pytest
from samples import AUTHORITY

from openedx_infra.components.datastores import external
from openedx_infra.components.instance import Instance
from openedx_infra.config import load
from openedx_infra.kubernetes.names import Scope
from openedx_infra.settings.connections import Buckets, Mongodb, Mysql, Search, Smtp, Valkey

NAMES = {name: name for name in ("public", "private", "grades", "ora", "exports")}
TLS = {"ca": AUTHORITY}
SECTIONS: dict[str, list[dict[str, Any]]] = {
    "mysql": [
        {"host": "db.example.org", "tls": TLS, "database": "campus", "user": "campus"},
        {
            "host": "db.example.org",
            "replica": {"host": "copy.example.org"},
            "history_database": "history",
            "history_host": "old.example.org",
        },
    ],
    "mongodb": [
        {"members": [{"host": "a.example.org"}], "replica_set": "rs0", "retry_writes": False, "tls": TLS},
        {"srv": "cluster.example.mongodb.net", "auth_mechanism": "SCRAM-SHA-256"},
    ],
    "broker": [
        {"host": "broker.example.org", "username": "campus", "database": 3, "tls": TLS},
        {"sentinels": [{"host": "s.example.org"}], "master": "campus", "authenticated": False},
    ],
    "search": [
        {"engine": "meilisearch", "url": "https://s.example.org", "tls": TLS, "provisioned": False},
        {"engine": "opensearch", "url": "https://s.example.org", "username": "campus"},
    ],
    "storage": [
        {
            "endpoint": "https://s3.example.org",
            "public_endpoint": "https://files.example.org",
            "addressing": "virtual",
            "region": "eu-1",
            "buckets": NAMES,
        },
    ],
    "mail": [{"host": "mail.example.org", "security": "tls", "port": 465, "username": "campus"}],
}
"""Sections of external servers that together use every key which leads to a connection."""
CONNECTIONS = {
    "mysql": Mysql,
    "mongodb": Mongodb,
    "broker": Valkey,
    "search": Search,
    "storage": Buckets,
    "mail": Smtp,
}
ONLY_ELSEWHERE = {
    ("broker", "prefix"): "keeps instances on a server of a foundation apart; one's own number does outside",
    ("search", "version"): "of a Meilisearch in the cluster, whose data is kept by its version",
    ("storage", "role"): "a role of AWS for pods; buckets of AWS have the source s3",
}
"""Fields that no external server needs, and why."""


def made(store: str) -> Iterator[Any]:
    for section in SECTIONS[store]:
        said = {"source": "smtp" if store == "mail" else "external", **section}
        part = {"mail": {"delivery": said}} if store == "mail" else {"datastores": {store: said}}
        stack = load("dev", {"site": {"lms_host": "learn.example.org"}, **part})
        scope = Scope(namespace="dev", instance="dev", part_of="openedx")
        secrets = {"meilisearch_master_key": "key"}
        model = stack.mail.delivery if store == "mail" else getattr(stack.datastores, store)
        instance = Instance(stack=stack, scope=scope, secrets=secrets)
        yield getattr(external, store)(instance, model).connection


@pytest.mark.parametrize("store", CONNECTIONS)
def test_each_field_of_a_connection_can_be_set_for_a_server_outside(store: str) -> None:
    connections = list(made(store))
    for field in fields(CONNECTIONS[store]):
        values = [getattr(each, field.name) for each in connections]
        default = field.default if field.default is not MISSING else None
        settable = any(value != default for value in values)
        assert settable != ((store, field.name) in ONLY_ELSEWHERE), (store, field.name, values)
