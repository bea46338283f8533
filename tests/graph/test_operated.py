"""Requests to operators: custom resources, what waits for them, and who may reach them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from samples import LEAST
from shape import Record, find, matches, names_before, of_kind

from openedx_infra.config import load
from openedx_infra.config.load import describe
from openedx_infra.operations.cluster.operator_status import NAMES
from openedx_infra.operations.offline.recording import Graph, record

NODES = {"datastores": {name: {"source": "operator"} for name in ("mysql", "mongodb", "broker", "cache")}}
SAID: dict[str, Any] = {**LEAST, **NODES}
SERVERS = [
    ("PerconaServerMySQL", "mysql"),
    ("PerconaServerMongoDB", "mongodb"),
    ("RedisReplication", "broker-redis"),
    ("RedisReplication", "cache-redis"),
]
OPERATORS = {
    "mysql": {"app.kubernetes.io/name": "ps-operator"},
    "mongodb": {"app.kubernetes.io/name": "psmdb-operator"},
    "broker": {"name": "redis-operator"},
    "cache": {"name": "redis-operator"},
}
MEMBERS = {
    "mysql": {
        "app.kubernetes.io/name": "mysql",
        "app.kubernetes.io/instance": "mysql",
        "app.kubernetes.io/component": "database",
        "app.kubernetes.io/part-of": "percona-server",
    },
    "haproxy": {
        "app.kubernetes.io/name": "haproxy",
        "app.kubernetes.io/instance": "mysql",
        "app.kubernetes.io/component": "proxy",
        "app.kubernetes.io/part-of": "percona-server",
    },
    "mongodb": {
        "app.kubernetes.io/name": "percona-server-mongodb",
        "app.kubernetes.io/instance": "mongodb",
        "app.kubernetes.io/component": "mongod",
    },
    "broker": {
        "app.kubernetes.io/instance": "dev",
        "app.kubernetes.io/component": "broker-redis",
        "app": "broker-redis",
    },
    "cache": {
        "app.kubernetes.io/instance": "dev",
        "app.kubernetes.io/component": "cache-redis",
        "app": "cache-redis",
    },
}
"""Labels of the pods that the operators make, read in their code."""


@pytest.fixture(scope="module")
def graph(recorded: Record) -> Graph:
    return recorded(SAID)


def _spec(graph: Graph, kind: str, name: str) -> dict[str, Any]:
    spec: dict[str, Any] = graph.object(find(graph, kind, name))["spec"]
    return spec


def test_each_is_one_custom_resource(graph: Graph) -> None:
    assert sorted((r.kind, r.name) for r in of_kind(graph, *NAMES)) == sorted(SERVERS)
    assert {r.name for r in of_kind(graph, "StatefulSet")}.isdisjoint({"mysql", "mongodb", "broker", "cache"})


@pytest.mark.parametrize(("kind", "name"), SERVERS)
def test_what_holds_data_is_protected(graph: Graph, kind: str, name: str) -> None:
    server = find(graph, kind, name)
    assert (server.protect, server.retain_on_delete) == ((name != "cache-redis",) * 2)


@pytest.mark.parametrize(("kind", "name"), SERVERS)
def test_migrations_wait_until_it_is_ready(graph: Graph, kind: str, name: str) -> None:
    assert f"{kind} {name}" in names_before(graph, find(graph, "Job", "lms-migrate"))
    annotations = graph.object(find(graph, kind, name))["metadata"]["annotations"]
    assert all(
        path.startswith("jsonpath={.status.") for path in json.loads(annotations["pulumi.com/waitFor"])
    )
    assert int(annotations["pulumi.com/timeoutSeconds"]) >= 600


@pytest.mark.parametrize(("kind", "name"), SERVERS)
def test_no_password_is_in_it(recorded: Record, needed: Any, kind: str, name: str) -> None:
    graph = recorded(SAID)
    text = json.dumps(graph.object(find(graph, kind, name), reveal_secrets=True))
    passwords = [value for key, value in needed(load("dev", SAID)).items() if "password" in key]
    assert len(passwords) >= 6
    assert not [value for value in passwords if value in text]


def test_operators_find_our_passwords(graph: Graph) -> None:
    for kind, server, path in (
        ("PerconaServerMySQL", "mysql", ("secretsName",)),
        ("PerconaServerMongoDB", "mongodb", ("secrets", "users")),
    ):
        said: Any = _spec(graph, kind, server)
        for key in path:
            said = said[key]
        secret = graph.object(find(graph, "Secret", said))
        assert secret["metadata"]["name"] == said
        assert not secret.get("immutable")  # the operator adds its own users' passwords
        assert f"Secret {said}" in names_before(graph, find(graph, kind, server))


def test_who_changes_the_administrator_s_password(needed: Any) -> None:
    """Of MongoDB the operator alone, which logs in as this very user; MySQL's has another one."""
    changed = ("mysql_root_password_previous", "mongodb_root_password_previous")
    stack = load("dev", SAID)
    graph = record(stack, {**needed(stack), **dict.fromkeys(changed, "before")})
    for job, said in (("mysql-provision", "true"), ("mongodb-provision", "operator")):
        [container] = graph.object(find(graph, "Job", job))["spec"]["template"]["spec"]["containers"]
        assert {"name": "OWN_SERVER", "value": said} in container["env"]
    given = graph.object(find(graph, "Secret", "mongodb-provision-secrets"))["stringData"]
    assert "mongodb_root_password_previous" not in given


def _contexts(node: Any, key: str) -> list[Any]:
    if isinstance(node, dict):
        return [
            *([node[key]] if key in node else []),
            *(x for value in node.values() for x in _contexts(value, key)),
        ]
    return [x for value in node for x in _contexts(value, key)] if isinstance(node, list) else []


@pytest.mark.parametrize(("kind", "name"), SERVERS)
def test_its_pods_are_restricted(graph: Graph, kind: str, name: str) -> None:
    spec = _spec(graph, kind, name)
    pods = _contexts(spec, "podSecurityContext")
    processes = [*_contexts(spec, "containerSecurityContext"), *_contexts(spec, "securityContext")]
    assert pods and processes
    for pod in pods:
        assert pod["runAsNonRoot"] and pod["seccompProfile"] == {"type": "RuntimeDefault"}
    for process in processes:
        assert process["runAsNonRoot"] and not process["allowPrivilegeEscalation"]
        assert process["capabilities"] == {"drop": ["ALL"]}
    for sizes in _contexts(spec, "resources"):
        if "cpu" in sizes["requests"]:
            assert sizes["limits"]["memory"]


def test_memory_follows_the_size(recorded: Record) -> None:
    large = {"cpu": "1", "memory": "8Gi", "memory_limit": "8Gi"}
    sizes = {name: large for name in ("mysql", "mongodb")}
    graph = recorded({**SAID, "sizing": sizes})
    mysql = _spec(graph, "PerconaServerMySQL", "mysql")["mysql"]
    assert f"innodb_buffer_pool_size={4 * 2**30}\n" in mysql["configuration"]
    assert mysql["resources"]["limits"]["memory"] == "8Gi"
    [members] = _spec(graph, "PerconaServerMongoDB", "mongodb")["replsets"]
    assert "cacheSizeGB: 2.00\n" in members["configuration"]


@pytest.mark.parametrize(("name", "rule"), [("broker", "noeviction"), ("cache", "allkeys-lru")])
def test_only_the_cache_evicts(graph: Graph, name: str, rule: str) -> None:
    config = graph.object(find(graph, "ConfigMap", f"{name}-config"))
    lines = config["data"]["redis-additional.conf"].splitlines()
    assert f"maxmemory-policy {rule}" in lines
    assert ("appendonly yes" in lines) == (name == "broker")
    spec = _spec(graph, "RedisReplication", f"{name}-redis")
    assert spec["redisConfig"]["additionalRedisConfig"] == config["metadata"]["name"]
    assert spec.get("storage", {}).get("keepAfterDelete", False) == (name == "broker")


def test_a_server_that_moves_here_meets_no_object_of_the_one_before(recorded: Record, graph: Graph) -> None:
    """While it moves, both are there. The operator of Redis calls StatefulSet and Service like the resource
    itself; those of Percona put the name of a part behind it."""
    services = [one for one in recorded(LEAST).objects() if one["kind"] in ("Service", "StatefulSet")]
    taken = {one["metadata"]["name"] for one in services}
    redis = {one.name for one in of_kind(graph, "RedisReplication")}
    made = {*redis, "mysql-mysql", "mysql-haproxy", "mongodb-rs0"}
    assert {"mysql", "mongodb", "broker", "cache"} <= taken
    assert taken & made == set()
    selectors = [one["spec"]["selector"] for one in services if one["kind"] == "Service"]
    assert not [one for one in selectors for pod in MEMBERS.values() if one.items() <= pod.items()]


def test_said_numbers_and_classes_arrive(recorded: Record) -> None:
    said = {
        "mysql": {"source": "operator", "members": 5, "proxies": 3, "storage": "100Gi"},
        "mongodb": {"source": "operator", "members": 5},
    }
    graph = recorded({**LEAST, "datastores": said, "cluster": {"context": "k3s", "storage_class": "fast"}})
    spec = _spec(graph, "PerconaServerMySQL", "mysql")
    assert (spec["mysql"]["size"], spec["proxy"]["haproxy"]["size"]) == (5, 3)
    claim = spec["mysql"]["volumeSpec"]["persistentVolumeClaim"]
    assert (claim["storageClassName"], claim["resources"]["requests"]["storage"]) == ("fast", "100Gi")
    assert _spec(graph, "PerconaServerMongoDB", "mongodb")["replsets"][0]["size"] == 5


def test_images_come_by_the_mirror(recorded: Record) -> None:
    mirror = {"docker.io": "registry.example.org/hub", "quay.io": "registry.example.org/quay"}
    graph = recorded({**SAID, "images": {"mirrors": mirror, "pull_secrets": ["pull"]}})
    for kind, name in SERVERS:
        images = _contexts(_spec(graph, kind, name), "image")
        assert images and all(image.startswith("registry.example.org/") for image in images)
        assert [{"name": "pull"}] in _contexts(_spec(graph, kind, name), "imagePullSecrets")


def _may(
    graph: Graph, direction: str, pod: dict[str, str], other: dict[str, str], port: int, *, far: bool = False
) -> bool:
    """Whether a pod may be reached by another (`ingress`), or reach it (`egress`); `far`: of another
    namespace."""
    for policy in of_kind(graph, "NetworkPolicy"):
        spec = graph.object(policy)["spec"]
        if not matches(spec["podSelector"], pod):
            continue
        for rule in spec.get(direction, []):
            peers = [p for p in rule["from" if direction == "ingress" else "to"] if "podSelector" in p]
            seen = [p for p in peers if ("namespaceSelector" in p) or not far]
            if {"port": port, "protocol": "TCP"} in rule.get("ports", []) and any(
                matches(p["podSelector"], other) for p in seen
            ):
                return True
    return False


def _job(graph: Graph, name: str) -> dict[str, str]:
    template = graph.object(find(graph, "Job", name))["spec"]["template"]
    return dict(template["metadata"]["labels"])


@pytest.mark.parametrize(
    ("server", "port"),
    [("haproxy", 3306), ("mongodb", 27017), ("broker", 6379), ("broker", 26379), ("cache", 26379)],
)
def test_the_platform_reaches_it(graph: Graph, server: str, port: int) -> None:
    platform = _job(graph, "lms-migrate")
    assert _may(graph, "egress", platform, MEMBERS[server], port)
    assert _may(graph, "ingress", MEMBERS[server], platform, port)


def test_the_platform_goes_by_the_proxy(graph: Graph) -> None:
    assert not _may(graph, "ingress", MEMBERS["mysql"], _job(graph, "lms-migrate"), 3306)
    assert _may(graph, "ingress", MEMBERS["haproxy"], _job(graph, "mysql-provision"), 3306)


@pytest.mark.parametrize(
    ("client", "server", "port"),
    [
        ("haproxy", "mysql", 3306),
        ("haproxy", "mysql", 33062),
        ("mysql", "mysql", 33061),
        ("mongodb", "mongodb", 27017),
        ("broker", "broker", 6379),
        ("broker", "broker", 26379),
        ("cache", "cache", 6379),
    ],
)
def test_members_reach_each_other(graph: Graph, client: str, server: str, port: int) -> None:
    assert _may(graph, "egress", MEMBERS[client], MEMBERS[server], port)
    assert _may(graph, "ingress", MEMBERS[server], MEMBERS[client], port)


@pytest.mark.parametrize(
    ("client", "server", "port"),
    [("mysql", "mongodb", 27017), ("broker", "cache", 6379), ("mongodb", "mysql", 3306)],
)
def test_servers_do_not_reach_others(graph: Graph, client: str, server: str, port: int) -> None:
    assert not _may(graph, "ingress", MEMBERS[server], MEMBERS[client], port)


@pytest.mark.parametrize(
    ("server", "port"), [("mysql", 33062), ("mongodb", 27017), ("broker", 6379), ("cache", 26379)]
)
def test_the_operator_reaches_it_from_its_own_namespace(graph: Graph, server: str, port: int) -> None:
    assert _may(graph, "ingress", MEMBERS[server], OPERATORS[server], port, far=True)
    strange = {"app.kubernetes.io/name": "stranger", "name": "stranger"}
    assert not _may(graph, "ingress", MEMBERS[server], strange, port, far=True)


def test_a_foundation_installs_them_by_pinned_charts() -> None:
    said = {
        "kind": "foundation",
        "addons": {f"{name}_operator": {} for name in ("mysql", "mongodb", "valkey")},
    }
    stack = describe("shared", said)
    graph = record(stack, {})
    charts = {r.name: r for r in graph.resources if r.type == "kubernetes:helm.sh/v4:Chart"}
    assert {name: chart.props["version"] for name, chart in charts.items()} == {
        "ps-operator": "1.1.0",
        "psmdb-operator": "1.22.0",
        "redis-operator": "0.26.1",
    }
    for chart in charts.values():
        assert "Namespace operators" in names_before(graph, chart)
    assert charts["psmdb-operator"].props["values"]["watchAllNamespaces"]


def test_certificates_are_made_in_a_restricted_namespace() -> None:
    addons = {"cert_manager": {"gateway_api": True}, "mysql_operator": {}}
    graph = record(describe("shared", {"kind": "foundation", "addons": addons}), {})
    charts = {r.name: r for r in graph.resources if r.type == "kubernetes:helm.sh/v4:Chart"}
    chart = charts["cert-manager"]
    values = chart.props["values"]
    assert (chart.props["namespace"], values["crds"]) == ("cert-manager", {"enabled": True})
    assert values["config"]["enableGatewayAPI"] is True
    enforced = {
        r.name: graph.object(r)["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for r in of_kind(graph, "Namespace")
    }
    assert enforced == {"cert-manager": "restricted", "operators": "baseline"}
    annotations = graph.object(find(graph, "Namespace", "cert-manager"))["metadata"].get("annotations") or {}
    assert "openedx-infra/exception" not in annotations


def test_a_mirror_of_charts_in_a_registry() -> None:
    mirror = {"repository": "oci://registry.example.org/charts"}
    graph = record(describe("shared", {"kind": "foundation", "addons": {"mysql_operator": mirror}}), {})
    [chart] = [r for r in graph.resources if r.type == "kubernetes:helm.sh/v4:Chart"]
    assert chart.props["chart"] == "oci://registry.example.org/charts/ps-operator"
    assert "repositoryOpts" not in chart.props
