"""Servers keep within the memory of their pods: each is told a share of its limit."""

from __future__ import annotations

import re
from typing import Any

import pytest
from shape import Record, find, of_kind

from openedx_infra.operations.offline.recording import Graph

GIB = 2**30


def _limited(recorded: Record, limit: str) -> Graph:
    size = {"cpu": "1", "memory": "512Mi", "memory_limit": limit}
    names = ("mysql", "mongodb", "broker", "cache", "search")
    return recorded({"site": {"lms_host": "learn.example.org"}, "sizing": dict.fromkeys(names, size)})


def _command(graph: Graph, name: str) -> list[str]:
    container: dict[str, Any] = graph.object(find(graph, "StatefulSet", name))["spec"]["template"]["spec"][
        "containers"
    ][0]
    return list(container["command"])


@pytest.mark.parametrize(("limit", "size"), [("1Gi", GIB), ("8Gi", 8 * GIB)])
def test_mysql(recorded: Record, limit: str, size: int) -> None:
    command = _command(_limited(recorded, limit), "mysql")
    said = dict(word.removeprefix("--").split("=", 1) for word in command if "=" in word and word[:2] == "--")
    pool, tables = int(said["innodb-buffer-pool-size"]), int(said["temptable-max-ram"])
    assert (pool, tables) == (size // 2, size // 8)
    assert pool + tables < size
    assert int(said["max-connections"]) == {GIB: 151, 8 * GIB: 682}[size]


@pytest.mark.parametrize(("limit", "cache"), [("512Mi", "0.25"), ("1Gi", "0.25"), ("8Gi", "2.00")])
def test_mongodb(recorded: Record, limit: str, cache: str) -> None:
    command = _command(_limited(recorded, limit), "mongodb")
    assert command[command.index("--wiredTigerCacheSizeGB") + 1] == cache


@pytest.mark.parametrize("name", ["broker", "cache"])
def test_valkey(recorded: Record, name: str) -> None:
    graph = _limited(recorded, "2Gi")
    [config] = [graph.object(r) for r in of_kind(graph, "ConfigMap") if r.name == f"{name}-config"]
    assert f"maxmemory {2 * GIB * 3 // 4}" in config["data"]["valkey.conf"].splitlines()


def test_meilisearch(recorded: Record) -> None:
    graph = _limited(recorded, "2Gi")
    [config] = [r for r in of_kind(graph, "Secret") if r.name == "meilisearch-config"]
    text = graph.object(config, reveal_secrets=True)["stringData"]["config.toml"]
    assert re.findall(r'^max_indexing_memory = "(.*)"$', text, re.MULTILINE) == ["1024 MiB"]
