"""What the program sets on servers of its own is asked of servers outside, or has a reason not to be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from on_aws import ALL, aurora
from samples import LEAST

from openedx_infra import scripts
from openedx_infra.config import load
from openedx_infra.config.datastores.search import SearchInCluster
from openedx_infra.operations.offline.recording import Graph, Registered
from openedx_infra.scripts import storage_provision
from openedx_infra.services import meilisearch
from openedx_infra.services.service import File

IN_CLUSTER: dict[str, Any] = {**LEAST, "datastores": {"storage": {"source": "in-cluster"}}}
BY_OPERATOR: dict[str, Any] = {
    **LEAST,
    "datastores": {name: {"source": "operator"} for name in ("mysql", "mongodb", "broker", "cache")},
}
SPEED = "makes it faster or slower, and nothing fails without it: its owner sizes it"
PLACE = "where its files are, which its owner decides"
THEIRS = "its owner's own backups and logs"

ASKED = {
    "mysql character-set-server": "@@character_set_database",
    "mysql collation-server": "@@collation_database",
    "mysql max-connections": "max_connections",
    "mysql require-secure-transport": "takes encrypted connections only",
    "mysql sql-generate-invisible-primary-key": "sql_generate_invisible_primary_key",
    "mongodb tls": "TLSv1_2",
    "valkey maxmemory-policy": "maxmemory_policy",
    "valkey appendonly": "aof_enabled",
    "valkey requirepass": "authenticated",
    "buckets BucketPolicy": "strangers can't read bucket",
    "buckets BucketPublicAccessBlock": "strangers can {",
    "buckets BucketCorsConfiguration": "Access-Control-Request-Method",
    "meilisearch master_key": "its key {what}",
}
"""Options that the preflight asks for, and a part of its text that does."""
NOT_ASKED = {
    "mysql datadir": PLACE,
    "mysql innodb-buffer-pool-size": SPEED,
    "mysql temptable-max-ram": SPEED,
    "mysql skip-name-resolve": SPEED,
    "mysql binlog-expire-logs-seconds": THEIRS,
    "mysql slow-query-log": THEIRS,
    "mysql long-query-time": THEIRS,
    "mysql log-output": THEIRS,
    "mongodb wiredTigerCacheSizeGB": SPEED,
    "mongodb storage.wiredTiger.engineConfig.cacheSizeGB": SPEED,
    "mongodb audit_logs": THEIRS,
    "valkey maxmemory": SPEED,
    "valkey include": PLACE,
    "valkey port": PLACE,
    "valkey dir": PLACE,
    "valkey appendfsync": "`everysec` is the server's own default, and INFO doesn't tell it",
    "valkey save": "a cache that is written to disk as well serves alike",
    "buckets Bucket": "that it exists is asked by head_bucket",
    "buckets BucketOwnershipControls": "files are sent without rights of their own (AWS_DEFAULT_ACL)",
    "buckets BucketServerSideEncryptionConfiguration": "its owner encrypts what lies there",
    "buckets BucketVersioning": "old versions are its owner's backup; nothing of the platform reads them",
    "buckets BucketLifecycleConfiguration": "what is left over takes room, and hurts nobody",
    "meilisearch env": "its owner's; that it wants a key is asked by the key",
    "meilisearch http_addr": PLACE,
    "meilisearch dump_dir": PLACE,
    "meilisearch snapshot_dir": PLACE,
    "meilisearch no_analytics": "its owner's",
    "meilisearch max_indexing_memory": SPEED,
}
"""Options that nobody outside must have set, and why."""


def options(graph: Graph) -> Iterator[str]:
    """Options of all servers in a graph, as `server name`."""
    for record in graph.resources:
        if record.kind in READERS:
            yield from READERS[record.kind](graph.object(record))
        elif "arameterGroup" in record.type:
            yield from _parameters(record)
        elif record.type.startswith("aws:s3/bucket"):
            yield f"buckets {record.type.rpartition(':')[2]}"


def _files(config_map: Mapping[str, Any]) -> Iterator[str]:
    for name, text in (config_map.get("data") or {}).items():
        if name in ("valkey.conf", "redis-additional.conf"):
            yield from (f"valkey {line.split()[0]}" for line in text.splitlines() if line.strip())


def _percona_mysql(cluster: Mapping[str, Any]) -> Iterator[str]:
    text = cluster["spec"]["mysql"]["configuration"]
    yield from (f"mysql {_plain(name)}" for name in re.findall(r"^(\w+)=", text, re.MULTILINE))


def _percona_mongodb(cluster: Mapping[str, Any]) -> Iterator[str]:
    [members] = cluster["spec"]["replsets"]
    yield from (f"mongodb {path}" for path in _paths(yaml.safe_load(members["configuration"])))


def _parameters(group: Registered) -> Iterator[str]:
    service = group.type.removeprefix("aws:").partition("/")[0]
    server = {"rds": "mysql", "docdb": "mongodb", "elasticache": "valkey"}[service]
    for one in group.props.get("parameters") or ():
        yield f"{server} {_plain(one['name']) if server == 'mysql' else one['name']}"


def _arguments(statefulset: Mapping[str, Any]) -> Iterator[str]:
    for container in statefulset["spec"]["template"]["spec"]["containers"]:
        server = {"mysql": "mysql", "mongodb": "mongodb"}.get(container["name"])
        for words in (container.get("command") or (), container.get("args") or ()) if server else ():
            for word in words:
                for name in re.findall(r"(?<![\w-])--([A-Za-z][A-Za-z-]+)", word):
                    yield f"{server} {name}"


def _paths(value: Any, before: str = "") -> Iterator[str]:
    if not isinstance(value, dict):
        yield before
        return
    for key, inner in value.items():
        yield from _paths(inner, f"{before}.{key}".lstrip("."))


def _plain(name: str) -> str:
    return name.replace("_", "-")


READERS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "StatefulSet": _arguments,
    "ConfigMap": _files,
    "PerconaServerMySQL": _percona_mysql,
    "PerconaServerMongoDB": _percona_mongodb,
}


def of_meilisearch() -> Iterator[str]:
    service = meilisearch.service(load("dev", LEAST), SearchInCluster())
    [config] = [each for each in service.folders if isinstance(each, File)]
    assert callable(config.text)
    yield from (f"meilisearch {line.split(' =')[0]}" for line in config.text("key").splitlines() if line)


def test_each_option_is_asked_or_has_a_reason(recorded: Callable[..., Graph]) -> None:
    graphs = [recorded(said) for said in (IN_CLUSTER, BY_OPERATOR, ALL, aurora())]
    found = {option for graph in graphs for option in options(graph)} | set(of_meilisearch())
    # The password of Valkey lies in a Secret that its configuration includes.
    found.add("valkey requirepass")
    known = ASKED.keys() | NOT_ASKED.keys()
    assert found - known == set(), "ask for it in scripts/preflight, or say why not"
    assert known - found == set(), "set nowhere any more"
    assert ASKED.keys().isdisjoint(NOT_ASKED)


@pytest.mark.parametrize("option", ASKED)
def test_the_preflight_has_the_words(option: str) -> None:
    texts = "\n".join(scripts.package("preflight").values())
    assert ASKED[option] in texts


def test_buckets_of_the_instance_s_own_server_allow_what_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its Job sets what the preflight asks others for."""
    from openedx_infra.scripts.preflight import cors

    monkeypatch.setenv("ORIGINS", "https://learn.example.org")
    for purpose, method in cors.METHODS.items():
        [rule] = storage_provision.cors_of(uploads=purpose == "ora")["CORSRules"]
        assert method in rule["AllowedMethods"], Path(cors.__file__).name
