"""In a cluster with IPv6, all servers of an instance listen at addresses of both families."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from shape import Record, templates

from openedx_infra.operations.offline.recording import Graph

SAID: dict[str, Any] = {
    "site": {"lms_host": "learn.example.org"},
    "mail": {"delivery": {"source": "smtp", "host": "mail.example.org"}},
    "datastores": {"storage": {"source": "in-cluster"}},
    "services": {"xqueue": {"enabled": True}, "notes": {}, "codejail": {}},
    "monitoring": {"prometheus": True, "prometheus_namespace": "monitoring"},
}
SERVERS = {"lms", "studio", "meilisearch", "mongodb", "xqueue", "notes", "codejail"}
"""Whose programs must be told: others listen at both families by themselves."""


def texts(graph: Graph) -> Iterator[tuple[str, str]]:
    """What containers run, and all that is written for them, but network policies and routes."""
    for record, template in templates(graph):
        for container in (*template["spec"].get("initContainers", ()), *template["spec"]["containers"]):
            words = [*(container.get("command") or ()), *(container.get("args") or ())]
            words += [str(one.get("value")) for one in container.get("env") or ()]
            yield record.name, " ".join(words)
    for record in graph.resources:
        if record.kind in ("ConfigMap", "Secret"):
            held = graph.object(record, reveal_secrets=True)
            yield record.name, json.dumps([held.get("data"), held.get("stringData")])


def bound(graph: Graph, pattern: str) -> set[str]:
    return {name.partition("-")[0] for name, text in texts(graph) if re.search(pattern, text)}


def test_nothing_listens_at_addresses_of_one_family(recorded: Record) -> None:
    graph = recorded({**SAID, "cluster": {"ip_family": "IPv6"}})
    assert bound(graph, r"0\.0\.0\.0:\d|--bind[= ]0\.0\.0\.0|bind_ip_all(?!.*--ipv6)") == set()
    assert bound(graph, r"\[::\]:\d|mongod .*--ipv6") == SERVERS


def test_without_it_no_server_needs_ipv6(recorded: Record) -> None:
    graph = recorded(SAID)
    assert bound(graph, r"0\.0\.0\.0:\d") == SERVERS - {"mongodb"}
    assert bound(graph, r"\[::\]|--ipv6") == set()
