"""Objects of a monitored instance and of its scheduled commands: their pods, settings and connections."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flows import Pod, enters, pods, reaches, talks
from samples import LEAST
from shape import Record, find, matches, of_kind

import policies
from openedx_infra.components.edx_platform.tracking_logs import rclone_config, remote_path
from openedx_infra.components.monitoring.exporters import key_list, my_cnf, passwords
from openedx_infra.config import load
from openedx_infra.config.sections.monitoring import Tracking, TrackingServer
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.operations.secrets import secrets
from openedx_infra.settings.connections import Buckets, Endpoint, Mysql, Tls, Valkey, Volumes

STORAGE = {"datastores": {"storage": {"source": "in-cluster"}}}
PROMETHEUS = {"monitoring": {"prometheus": True, "grafana": True, "labels": {"release": "stack"}}}
WATCHED = {**LEAST, **STORAGE, **PROMETHEUS}
SERVERS = {
    "mysqld-exporter": ("mysql", 3306),
    "broker-exporter": ("broker", 6379),
    "cache-exporter": ("cache", 6379),
}
TRACKING = {**LEAST, **STORAGE, "monitoring": {"tracking": {}}}
EXTRA = {"mine": {"command": ["./mine.sh"], "schedule": "H 1 * * *", "secrets": ["api"]}}


def template(graph: Graph, kind: str, name: str) -> dict[str, Any]:
    spec = graph.object(find(graph, kind, name))["spec"]
    found: dict[str, Any] = (spec.get("jobTemplate") or {"spec": spec})["spec"]["template"]
    return found


def names(graph: Graph, kind: str) -> set[str]:
    return {resource.name for resource in of_kind(graph, kind)}


def test_nothing_of_it_is_there_unless_it_is_asked_for(recorded: Record) -> None:
    graph = recorded(LEAST)
    assert not {"ServiceMonitor", "PrometheusRule"} & {r.kind for r in graph.resources}
    assert not names(graph, "Deployment") & set(SERVERS)
    spec = template(graph, "Deployment", "lms")["spec"]
    assert "tracking" not in json.dumps(spec)


def test_every_monitor_finds_its_own_service_and_port(recorded: Record) -> None:
    graph = recorded(WATCHED)
    services = {name: graph.object(find(graph, "Service", name)) for name in names(graph, "Service")}
    assert names(graph, "ServiceMonitor") == set(SERVERS)
    for name in SERVERS:
        monitor = graph.object(find(graph, "ServiceMonitor", name))
        selected = {
            other
            for other, service in services.items()
            if matches(monitor["spec"]["selector"], service["metadata"]["labels"])
        }
        assert selected == {name}
        [endpoint] = monitor["spec"]["endpoints"]
        assert endpoint["port"] in {port["name"] for port in services[name]["spec"]["ports"]}
        assert monitor["metadata"]["labels"]["release"] == "stack"


def test_exporters_reach_their_servers_and_prometheus_reaches_them(recorded: Record) -> None:
    graph = recorded(WATCHED)
    known = pods(graph)
    prometheus = Pod({"app.kubernetes.io/name": "prometheus"}, "monitoring")
    stranger = Pod({"app.kubernetes.io/name": "stranger"}, "monitoring")
    for name, (server, port) in SERVERS.items():
        [own] = template(graph, "Deployment", name)["spec"]["containers"][0]["ports"]
        listens = int(own["containerPort"])
        assert talks(graph, name, server, port)
        assert not talks(graph, name, "lms", 8000)
        assert enters(graph, prometheus, known[name], listens)
        assert not enters(graph, stranger, known[name], listens)
        assert not talks(graph, "lms", name, listens)
        assert not reaches(graph, name, "192.0.2.1", 443)


def test_prometheus_of_one_namespace_alone(recorded: Record) -> None:
    said = {**WATCHED, "monitoring": {"prometheus": True, "prometheus_namespace": "watch"}}
    graph = recorded(said)
    server = pods(graph)["mysqld-exporter"]
    labels = {"app.kubernetes.io/name": "prometheus"}
    assert enters(graph, Pod(labels, "watch"), server, 9104)
    assert not enters(graph, Pod(labels, "monitoring"), server, 9104)


def test_an_exporter_of_a_server_outside_reaches_its_port_alone(recorded: Record) -> None:
    mysql = {"mysql": {"source": "external", "host": "mysql.example.org", "port": 3307}}
    graph = recorded({**LEAST, "datastores": mysql, **PROMETHEUS})
    assert reaches(graph, "mysqld-exporter", "192.0.2.1", 3307)
    assert not reaches(graph, "mysqld-exporter", "192.0.2.1", 443)


def test_no_rule_refuses_an_instance_that_is_watched_throughout(recorded: Record) -> None:
    said = {
        **TRACKING,
        "monitoring": {"tracking": {}, **PROMETHEUS["monitoring"]},
        "duties": {"extra": EXTRA},
    }
    stack = load("campus", said)
    complaints = policies.check(recorded(said, name="campus"), stack, secrets.stand_ins(stack))
    assert [str(complaint) for complaint in complaints] == []


def test_dashboards_are_found_by_their_label(recorded: Record) -> None:
    graph = recorded(WATCHED)
    found = [r for r in of_kind(graph, "ConfigMap") if r.name.startswith("dashboard-")]
    assert {r.name for r in found} == {
        f"dashboard-{page}" for page in ("overview", "web", "workers", "datastores")
    }
    for resource in found:
        made = graph.object(resource)
        assert made["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert all(json.loads(text)["panels"] for text in made["data"].values())


def test_web_pods_and_workers_ship_events_and_jobs_do_not(recorded: Record) -> None:
    graph, plain = recorded(TRACKING), recorded({**LEAST, **STORAGE})
    for name in ("lms", "studio", "lms-worker-default", "studio-worker-default"):
        spec = template(graph, "Deployment", name)["spec"]
        [sidecar] = [one for one in spec["initContainers"] if one["name"] == "tracking"]
        assert sidecar["restartPolicy"] == "Always"
        shared = {mount["name"] for mount in sidecar["volumeMounts"]} & {
            mount["name"] for mount in spec["containers"][0]["volumeMounts"]
        }
        assert shared == {"tracking"}
        before = template(plain, "Deployment", name)["spec"]["terminationGracePeriodSeconds"]
        assert spec["terminationGracePeriodSeconds"] == before + 30
    for kind, name in (("Job", "lms-migrate"), ("CronJob", "duty-tokens"), ("Deployment", "mfe")):
        assert "tracking" not in json.dumps(template(graph, kind, name))


@pytest.mark.parametrize(
    ("said", "storage", "expected"),
    [
        (
            Tracking(),
            Buckets(names={"private": "campus-private"}, region="us-east-1", endpoint="http://storage:7070"),
            ["tracking:campus-private/tracking", "endpoint = http://storage:7070", "force_path_style = true"],
        ),
        (
            Tracking(folder="a/b"),
            Buckets(names={"private": "p"}, region="eu-central-1", addressing="virtual", role=True),
            ["tracking:p/a/b", "provider = AWS", "env_auth = true", "force_path_style = false"],
        ),
        (
            Tracking(
                bucket="events", server=TrackingServer(endpoint="https://s3.example.org", region="eu-1")
            ),
            Volumes(),
            ["tracking:events/tracking", "endpoint = https://s3.example.org", "region = eu-1"],
        ),
    ],
)
def test_events_go_where_the_stack_file_says(
    said: Tracking, storage: Buckets | Volumes, expected: list[str]
) -> None:
    access = "" if isinstance(storage, Buckets) and storage.role else "name"
    lines = [remote_path(said, storage), *rclone_config(said, storage, access, "key").splitlines()]
    assert [line for line in expected if line not in lines] == []
    assert ("access_key_id = name" in lines) == bool(access)


def test_duties_read_the_settings_of_jobs_and_run_once_at_a_time(recorded: Record) -> None:
    graph = recorded({**LEAST, "duties": {"extra": EXTRA}})
    found = {name for name in names(graph, "CronJob") if name.startswith("duty-")}
    assert {"duty-tokens", "duty-sessions", "duty-mine"} <= found and "duty-programs" not in found
    for name in found:
        spec = graph.object(find(graph, "CronJob", name))["spec"]
        assert (spec["concurrencyPolicy"], spec["suspend"]) == ("Forbid", False)
        text = json.dumps(template(graph, "CronJob", name))
        assert "lms-job-settings" in text or "studio-job-settings" in text
    assert talks(graph, "duty-tokens", "mysql", 3306)
    assert reaches(graph, "duty-saml", "192.0.2.1", 443)
    assert "duty-secrets" in json.dumps(template(graph, "CronJob", "duty-mine"))
    assert "duty-secrets" not in json.dumps(template(graph, "CronJob", "duty-saml"))


def test_duties_rest_while_the_platform_is_paused(recorded: Record) -> None:
    graph = recorded({**LEAST, "maintenance": {"pause": True}})
    for name in names(graph, "CronJob"):
        assert graph.object(find(graph, "CronJob", name))["spec"]["suspend"], name


def test_passwords_of_exporters_stand_in_files_as_they_are_read() -> None:
    at = Endpoint(host="mysql", port=3306)
    text = my_cnf(Mysql(endpoint=at, database="d", user="u"), 'a$b#"c')
    assert 'password = """a${DOLLAR}b#"c"""' in text and "ssl-ca" not in text
    proven = my_cnf(Mysql(endpoint=at, database="d", user="u", tls=Tls(ca="/ca.pem", verify="none")), "x")
    assert "ssl-ca = /ca.pem" in proven and "ssl-skip-verfication = true" in proven


def test_valkeys_are_asked_as_they_are_reached() -> None:
    at = Valkey(endpoint=Endpoint(host="broker", port=6379), user="campus", database=2, tls=Tls())
    found = {"rediss://broker:6379": "pw", "rediss://campus@broker:6379": "pw"}
    assert json.loads(passwords(at, "pw")) == found
    assert key_list(at, ["a", "b"]) == "db2=a,db2=b"
    watched = Valkey(sentinels=(Endpoint(host="s", port=26379),), master="m")
    assert passwords(watched, "pw") == "{}"
