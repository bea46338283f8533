"""An S3 server of the instance's own keeps files, and shows visitors its buckets alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from flows import Pod, enters, pods, talks
from shape import Record, comes_after, find, label, names_before, of_kind, templates
from test_ingress import TLS
from test_network import SOFTWARE, TRAEFIK

import policies
from openedx_infra.config import Stack, load
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.services.object_storage import bucket_names

SITE = {"lms_host": "learn.example.org"}
SAID: dict[str, Any] = {"site": SITE, "datastores": {"storage": {"source": "in-cluster"}}}
PORT = 7070
BUCKETS = {f"dev-{purpose}" for purpose in ("public", "private", "grades", "ora", "exports")}


@pytest.fixture(scope="module")
def graph(recorded: Record) -> Graph:
    return recorded(SAID)


def _parent(graph: Graph, kind: str, name: str) -> str:
    urn = find(graph, kind, name).parent
    return urn.rpartition("::")[2]


def _container(graph: Graph, kind: str, name: str) -> dict[str, Any]:
    container: dict[str, Any] = graph.object(find(graph, kind, name))["spec"]["template"]["spec"][
        "containers"
    ][0]
    return container


def test_the_server_is_a_datastore_and_its_job_is_part_of_initialization(graph: Graph) -> None:
    for kind, name in (
        ("StatefulSet", "storage"),
        ("Service", "storage"),
        ("PersistentVolumeClaim", "storage"),
    ):
        assert _parent(graph, kind, name) == "datastores"
    assert _parent(graph, "Job", "storage-provision") == "initialization"
    assert _parent(graph, "Ingress", "storage") == "ingress"


def test_files_are_protected_and_kept(graph: Graph) -> None:
    claim = find(graph, "PersistentVolumeClaim", "storage")
    assert (claim.protect, claim.retain_on_delete) == (True, True)
    assert graph.object(claim)["spec"]["resources"]["requests"] == {"storage": "20Gi"}
    assert {r.name for r in of_kind(graph, "PersistentVolumeClaim")}.isdisjoint({"media", "private"})


def test_no_pod_of_the_platform_is_bound_to_a_node(graph: Graph) -> None:
    """Which is what buckets are for, besides."""
    assert [label(r) for r, pod in templates(graph) if "affinity" in pod["spec"]] == []


def test_buckets_are_made_before_anybody_writes_to_them(graph: Graph) -> None:
    job = find(graph, "Job", "storage-provision")
    assert "StatefulSet storage" in names_before(graph, job)
    others = [name for name in names_before(graph, job) if name.split()[0] in ("Job", "StatefulSet")]
    assert others == ["StatefulSet storage"]
    for name in ("lms-migrate", "studio-migrate"):
        assert job.urn in comes_after(graph, find(graph, "Job", name))
    for name in ("lms", "studio", "lms-worker-default", "lms-beat"):
        assert job.urn in comes_after(graph, find(graph, "Deployment", name))


@pytest.mark.parametrize(
    "client", ["lms", "studio", "lms-worker-default", "lms-migrate", "storage-provision"]
)
def test_who_needs_files_reaches_them(graph: Graph, client: str) -> None:
    assert talks(graph, client, "storage", PORT)


@pytest.mark.parametrize("client", ["mfe", "mysql", "meilisearch", "mysql-provision", "smtp"])
def test_nobody_else_reaches_files(graph: Graph, client: str) -> None:
    assert not talks(graph, client, "storage", PORT)
    assert not talks(graph, "storage", client, PORT)


def test_visitors_come_by_the_ingress_alone(graph: Graph) -> None:
    storage = pods(graph)["storage"]
    assert enters(graph, TRAEFIK, storage, PORT)
    assert not enters(graph, Pod({SOFTWARE: "mysql"}, "elsewhere"), storage, PORT)
    assert not enters(graph, TRAEFIK, storage, PORT + 1)


def test_the_door_leads_to_buckets_and_to_nothing_else(graph: Graph) -> None:
    [rule] = graph.object(find(graph, "Ingress", "storage"))["spec"]["rules"]
    assert rule["host"] == "files.learn.example.org"
    paths = rule["http"]["paths"]
    assert {path["path"] for path in paths} == {f"/{name}" for name in BUCKETS}
    assert {path["pathType"] for path in paths} == {"Prefix"}
    service = graph.object(find(graph, "Service", "storage"))["spec"]
    assert [port["port"] for port in service["ports"]] == [PORT]
    assert all(path["backend"]["service"] == {"name": "storage", "port": {"number": PORT}} for path in paths)


def test_large_files_pass_the_ingress(recorded: Record) -> None:
    graph = recorded({**SAID, "cluster": {"ingress_controller": "nginx"}})
    notes = graph.object(find(graph, "Ingress", "storage"))["metadata"]["annotations"]
    assert notes["nginx.ingress.kubernetes.io/proxy-body-size"] == str(500 * 2**20)


@pytest.mark.parametrize(
    ("tls", "secret", "url"),
    [
        ("none", None, "http://files.learn.example.org"),
        ("upstream", None, "https://files.learn.example.org"),
        ("secret", "wildcard", "https://files.learn.example.org"),
        ("cert-manager", "storage-tls", "https://files.learn.example.org"),
    ],
)
def test_files_travel_as_the_site_does(recorded: Record, tls: str, secret: str | None, url: str) -> None:
    graph = recorded({**SAID, "site": {**SITE, "tls": TLS[tls]}})
    spec = graph.object(find(graph, "Ingress", "storage"))["spec"]
    wanted = [{"hosts": ["files.learn.example.org"], "secretName": secret}] if secret else None
    assert spec.get("tls") == wanted
    assert graph.outputs["files_url"] == url


def test_the_host_is_a_choice(recorded: Record) -> None:
    storage = {"source": "in-cluster", "files_host": "uploads.example.org"}
    graph = recorded({"site": SITE, "datastores": {"storage": storage}})
    [rule] = graph.object(find(graph, "Ingress", "storage"))["spec"]["rules"]
    assert rule["host"] == "uploads.example.org"
    assert graph.outputs["files_url"] == "http://uploads.example.org"


def test_pages_of_the_site_are_named_to_the_buckets(graph: Graph) -> None:
    env = {v["name"]: v["value"] for v in _container(graph, "Job", "storage-provision")["env"]}
    hosts = ("learn.example.org", "studio.learn.example.org", "apps.learn.example.org")
    assert env["ORIGINS"].split() == [f"http://{host}" for host in hosts]
    assert env["S3_ENDPOINT"] == f"http://storage:{PORT}"


def test_memory_follows_the_limit(recorded: Record) -> None:
    size = {"cpu": "1", "memory": "1Gi", "memory_limit": "2Gi"}
    container = _container(recorded({**SAID, "sizing": {"storage": size}}), "StatefulSet", "storage")
    assert container["resources"]["limits"]["memory"] == "2Gi"
    assert container["env"] == [{"name": "GOMEMLIMIT", "value": str(2 * 2**30 * 4 // 5)}]
    command = container["command"]
    assert command[command.index("--concurrency") + 1] == "256"


def test_it_is_ready_when_it_serves(graph: Graph) -> None:
    container = _container(graph, "StatefulSet", "storage")
    for probe in ("startupProbe", "readinessProbe"):
        assert container[probe]["httpGet"] == {"path": "/health", "port": PORT}
    command = container["command"]
    assert command[command.index("--health") + 1] == "/health"


def test_no_rule_refuses_it(graph: Graph, needed: Callable[[Stack], Mapping[str, str]]) -> None:
    """Restricted, sized, probed, and no secret anywhere but in Secrets."""
    stack = load("dev", SAID)
    assert [str(complaint) for complaint in policies.check(graph, stack, needed(stack))] == []


def test_who_may_log_in_is_a_secret_file(graph: Graph, needed: Callable[[Stack], Mapping[str, str]]) -> None:
    users = next(r for r in of_kind(graph, "Secret") if r.name == "storage-users")
    text = graph.object(users, reveal_secrets=True)["stringData"]["users.json"]
    secrets = needed(load("dev", SAID))
    assert all(secrets[name] in text for name in ("s3_root_secret_key", "s3_access_key", "s3_secret_key"))


def test_who_has_no_such_server_hears_nothing_of_it(recorded: Record) -> None:
    graph = recorded()
    assert "files_url" not in graph.outputs and "versitygw" not in graph.outputs["images"]
    assert [label(r) for r in graph.resources if "storage" in r.name] == []


@pytest.mark.parametrize(
    ("stack", "bucket"),
    [
        ("dev", "dev-ora"),
        ("Campus_2.North", "campus-2-north-ora"),
        ("x" * 63, "x" * 48 + "-ora"),
        ("a" * 47 + "_b", "a" * 47 + "-ora"),
    ],
)
def test_names_of_buckets_are_such_as_s3_allows(stack: str, bucket: str) -> None:
    said = {**SAID, "cluster": {"namespace": "openedx"}}
    names = bucket_names(load(stack, said))
    assert names["ora"] == bucket
    assert len(set(names.values())) == 5 and max(map(len, names.values())) <= 63
