"""Servers that somebody else runs: who logs in to them, what looks at them first, how they are reached."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from samples import AUTHORITY, LEAST
from shape import Record, find, names_before, of_kind, templates

from openedx_infra.config import ConfigError, load
from openedx_infra.operations.offline import check
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.settings import paths

TLS = {"ca": AUTHORITY}
CLIENT = {"ca": AUTHORITY, "client_certificate": AUTHORITY}
BUCKETS = {purpose: f"campus-{purpose}" for purpose in ("public", "private", "grades", "ora", "exports")}
OUTSIDE: dict[str, Any] = {
    **LEAST,
    "datastores": {
        "mysql": {
            "source": "external",
            "host": "db.example.org",
            "port": 3307,
            "tls": CLIENT,
            "replica": {"host": "copy.example.org", "port": 3308},
            "history_database": "history",
            "history_host": "old.example.org",
        },
        "mongodb": {
            "source": "external",
            "members": [{"host": "a.example.org"}, {"host": "b.example.org", "port": 27018}],
            "replica_set": "rs0",
            "tls": TLS,
        },
        "broker": {"source": "external", "sentinels": [{"host": "s.example.org"}], "master": "campus"},
        "cache": {"source": "external", "host": "cache.example.org", "username": "campus", "tls": {}},
        "search": {"source": "external", "engine": "meilisearch", "url": "https://find.example.org:7700"},
        "storage": {"source": "external", "endpoint": "http://files.example.org:9000", "buckets": BUCKETS},
    },
    "mail": {"delivery": {"source": "smtp", "host": "smtp.example.org", "port": 2525, "username": "campus"}},
}
"""Nothing but web servers, workers and MFEs runs in the cluster."""
UNMADE = deepcopy(OUTSIDE)
for _store in ("mysql", "mongodb"):
    UNMADE["datastores"][_store] |= {"provisioned": False, "admin_user": "boss"}
UNMADE["datastores"]["search"]["provisioned"] = False

PORTS = {
    "internet": {80, 443},
    "mysql": {3307, 3308},
    "mongodb": {27017, 27018},
    "broker": {6379, 26379},
    "cache": {6379},
    "search": {7700},
    "storage": {9000},
    "mail": {2525},
}
"""Ports outside, by what is there: each has a policy of its own."""


@pytest.fixture(scope="module")
def outside(recorded: Record) -> Graph:
    return recorded(OUTSIDE)


@pytest.fixture(scope="module")
def unmade(recorded: Record) -> Graph:
    return recorded(UNMADE)


def jobs(graph: Graph) -> set[str]:
    return {job.name for job in of_kind(graph, "Job")}


def parameters(graph: Graph) -> dict[str, Any]:
    text = graph.object(find(graph, "ConfigMap", "preflight-parameters"))["data"]["preflight.json"]
    told: dict[str, Any] = json.loads(text)["stores"]
    return told


def held(graph: Graph, name: str) -> set[str]:
    return set(graph.object(find(graph, "Secret", name))["stringData"])


def test_nothing_that_holds_data_runs_in_the_cluster(outside: Graph) -> None:
    assert of_kind(outside, "StatefulSet", "PersistentVolumeClaim") == []


def test_without_an_administrator_nobody_makes_databases(outside: Graph) -> None:
    assert jobs(outside) == {"preflight", "lms-migrate", "studio-migrate", "lms-setup", "studio-setup"}
    known = {key for secret in of_kind(outside, "Secret") for key in held(outside, secret.name)}
    assert not known & {"mysql_root_password", "mongodb_root_password", "meilisearch_master_key"}


def test_an_administrator_is_known_to_provisioning_and_preflight_alone(unmade: Graph) -> None:
    assert jobs(unmade) >= {"mysql-provision", "mongodb-provision", "search-provision"}
    holders = {
        secret.name
        for secret in of_kind(unmade, "Secret")
        if {"mysql_root_password", "mongodb_root_password"} & held(unmade, secret.name)
    }
    assert holders == {"preflight-secrets", "mysql-provision-secrets", "mongodb-provision-secrets"}
    [container] = unmade.object(find(unmade, "Job", "mysql-provision"))["spec"]["template"]["spec"][
        "containers"
    ]
    told = {one["name"]: one.get("value", "") for one in container["env"]}
    assert told | {"HOME": ""} == {
        "MYSQL_HOST": "db.example.org",
        "MYSQL_PORT": "3307",
        "DATABASE": "openedx",
        "DATABASE_USER": "openedx",
        "HISTORY_DATABASE": "history",
        "HISTORY_HOST": "old.example.org",
        "HISTORY_PORT": "3307",
        "ADMIN_USER": "boss",
        "OWN_SERVER": "false",
        "TLS_VERIFY": "full",
        "TLS_CA": f"{paths.CERTIFICATES_DIR}/mysql-ca.pem",
        "TLS_CERTIFICATE": f"{paths.CERTIFICATES_DIR}/mysql-client.pem",
        "TLS_KEY": f"{paths.SECRETS_DIR}/mysql-client.key",
        "HOME": "",
    }


def test_another_search_server_is_set_up(recorded: Record, outside: Graph) -> None:
    """It has no indexes yet: of the platform's own Jobs, those run again that make and fill them."""
    moved = deepcopy(OUTSIDE)
    moved["datastores"]["search"]["url"] = "https://other.example.org"
    graph = recorded(moved)
    again = {one.name for one in of_kind(graph, "Job") if one.props != find(outside, "Job", one.name).props}
    assert again == {"lms-setup", "studio-setup"}


def test_the_preflight_comes_before_everything_that_changes_or_reads_data(unmade: Graph) -> None:
    later = [
        one
        for one in of_kind(unmade, "Job", "Deployment")
        if one.name not in ("preflight", "mfe", "static") and not one.name.startswith("proxy")
    ]
    assert {"mysql-provision", "lms-migrate", "lms", "studio"} <= {one.name for one in later}
    assert [one.name for one in later if "Job preflight" not in names_before(unmade, one)] == []
    assert not [name for name in names_before(unmade, find(unmade, "Job", "preflight")) if "Job " in name]


def test_an_instance_that_runs_all_itself_has_no_preflight(recorded: Record) -> None:
    graph = recorded(LEAST)
    assert "preflight" not in jobs(graph)
    assert not [one.name for one in graph.resources if "certificates" in one.name]


def test_the_preflight_is_told_connections_and_no_password(outside: Graph, unmade: Graph) -> None:
    told = parameters(outside)
    assert set(told) == {"mysql", "mongodb", "broker", "cache", "search", "storage", "mail"}
    assert told["mysql"]["connection"]["endpoint"] == {"host": "db.example.org", "port": 3307}
    assert told["mysql"]["tested"] == "8.4" and told["mongodb"]["tested"] == "7.0"
    assert (told["mysql"]["administrator"], parameters(unmade)["mysql"]["administrator"]) == (None, "boss")
    assert held(outside, "preflight-secrets") == {
        "mysql_password",
        "mongodb_password",
        "broker_password",
        "cache_password",
        "search_api_key",
        "s3_access_key",
        "s3_secret_key",
        "mail_password",
    }


def test_only_connections_and_passwords_make_it_run_again(recorded: Record, outside: Graph) -> None:
    other = deepcopy(OUTSIDE) | {"features": {"flags": {"ENABLE_DISCUSSION_SERVICE": False}}}
    graph = recorded(other)
    job = graph.object(find(graph, "Job", "preflight"))
    assert job == outside.object(find(outside, "Job", "preflight"))
    assert parameters(graph) == parameters(outside)
    other["datastores"]["mysql"]["port"] = 3309
    assert parameters(recorded(other)) != parameters(outside)


def test_certificates_are_mounted_wherever_servers_are_used(outside: Graph, unmade: Graph) -> None:
    users = {"lms", "studio", "lms-beat", "preflight", "lms-migrate", "studio-setup"}
    for workload, template in templates(outside):
        mounts = {mount["mountPath"] for mount in template["spec"]["containers"][0].get("volumeMounts", [])}
        if workload.name in users:
            users.remove(workload.name)
            assert paths.CERTIFICATES_DIR in mounts, workload.name
        elif workload.name in ("mfe", "smtp"):
            assert paths.CERTIFICATES_DIR not in mounts, workload.name
    assert users == set()
    shown = {
        item["path"]
        for volume in unmade.object(find(unmade, "Job", "mongodb-provision"))["spec"]["template"]["spec"][
            "volumes"
        ]
        for source in volume.get("projected", {}).get("sources", [])
        for item in [
            *source.get("configMap", {}).get("items", []),
            *source.get("secret", {}).get("items", []),
        ]
    }
    assert shown == {"mongodb-ca.pem"}, "a Job sees what concerns it"


def test_certificates_and_keys_are_apart(outside: Graph) -> None:
    files = outside.object(find(outside, "ConfigMap", "certificates"))["data"]
    assert set(files) == {"mysql-ca.pem", "mysql-client.pem", "mongodb-ca.pem"}
    assert all(text.startswith("-----BEGIN CERTIFICATE-----") for text in files.values())
    keys = outside.object(find(outside, "Secret", "client-keys"), reveal_secrets=True)["stringData"]
    assert set(keys) == {"mysql-client.key"}
    # MongoDB's drivers want both in one file.
    assert keys["mysql-client.key"].endswith(files["mysql-client.pem"])


def test_the_platform_reaches_these_ports_outside_and_no_others(outside: Graph, unmade: Graph) -> None:
    platform = {f"{name}-from-edx-platform": ports for name, ports in PORTS.items()}
    assert _outside(outside) == platform
    assert _outside(unmade) == platform | {
        f"{name}-from-{name}-provision": PORTS[name] for name in ("mysql", "mongodb", "search")
    }


def _outside(graph: Graph) -> dict[str, set[int]]:
    """Ports by the policies that let pods reach addresses, but for those of name servers."""
    return {
        policy.name: {int(port["port"]) for port in rule["ports"]}
        for policy in of_kind(graph, "NetworkPolicy")
        if policy.name != "allow-dns"
        for rule in graph.object(policy)["spec"].get("egress", [])
        if any("ipBlock" in peer for peer in rule["to"])
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no file"),
        ("nothing", "holds no certificates"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n", "holds a private key"),
    ],
)
def test_files_that_are_wrong_are_faults_of_the_configuration(
    tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    wrong = deepcopy(OUTSIDE)
    wrong["datastores"]["mysql"]["tls"] = {"ca": str(path)}
    with pytest.raises(ConfigError) as raised:
        check.recorded(load("dev", wrong), {})
    assert "openedx:datastores.mysql.tls.ca: " in str(raised.value) and said in str(raised.value)
