"""Containers of the operator's own have all that pods of an instance have, and what the stack file names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from flows import Pod, enters, pods, reaches, talks, visible
from samples import LEAST
from shape import Record, find, names_before, of_kind, template

import policies
from openedx_infra.config import BaseStack, load
from openedx_infra.operations.offline.recording import Graph

TRAEFIK = Pod({"app.kubernetes.io/name": "traefik"}, "kube-system")
IMAGE = "docker.io/campus/grader:1.2"


def with_extras(**containers: Mapping[str, Any]) -> dict[str, Any]:
    """The least stack with containers of this image."""
    return {
        **LEAST,
        "extras": {"containers": {name: {"image": IMAGE, **said} for name, said in containers.items()}},
    }


WEB: dict[str, Any] = {
    "port": 8080,
    "replicas": 2,
    "health": "/health",
    "env": {"LTI_FILE": "/etc/grader/lti"},
    "files": {"/etc/grader/a.toml": "x = 1\n", "/etc/grader/lti": {"secret": "lti"}, "/etc/more/b": "y\n"},
    "route": {"host": "grader.example.org", "paths": ["/lti"], "body_limit": "3Mi"},
    "for_platform": True,
    "connects_to": {
        "datastores": ["mysql"],
        "containers": ["archive"],
        "outside": [{"ports": [636], "networks": ["10.1.2.0/24"], "namespaces": ["ldap"]}],
    },
}
ALL = with_extras(
    grader=WEB,
    archive={
        "port": 9000,
        "volume": {"path": "/data", "size": "3Gi"},
        "route": {"site": "lms", "paths": ["/a"]},
    },
    listener={"alive": ["grader", "alive"], "connects_to": {"platform": True, "internet": [443]}},
    report={"schedule": "0 5 * * 1", "minutes": 20, "files": {"/etc/report/lti": {"secret": "lti"}}},
)


@pytest.fixture(scope="module")
def graph(recorded: Record) -> Graph:
    return recorded(ALL)


def test_extras_change_nothing_but_what_is_theirs(graph: Graph, recorded: Record) -> None:
    before = {resource.urn: resource for resource in recorded().resources}
    after = {resource.urn: resource for resource in graph.resources}
    assert set(before) <= set(after)
    changed = {urn.rpartition("::")[2] for urn in before if before[urn].props != after[urn].props}
    assert changed <= {"from-edx-platform", "to-mysql", "to-lms", "to-studio", "lms"}
    names = {urn.rpartition("::")[2] for urn in set(after) - set(before)}
    assert all("extra" in name for name in names), names
    assert {resource.type for resource in graph.resources if resource.name == "extras"} == {
        "openedx:index:Extras"
    }


def test_no_rule_refuses_them(graph: Graph, needed: Callable[[BaseStack], Mapping[str, str]]) -> None:
    stack = load("dev", ALL)
    assert policies.check(graph, stack, needed(stack)) == []


def test_pods_are_as_all_pods_are(graph: Graph) -> None:
    for kind, name in (
        ("Deployment", "extra-grader"),
        ("Deployment", "extra-archive"),
        ("Deployment", "extra-listener"),
        ("CronJob", "extra-report"),
    ):
        found = template(graph, find(graph, kind, name))
        spec = found["spec"]
        [container] = spec["containers"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsUser"] == 10_001
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["image"] == IMAGE
        assert {"name": "scratch-1", "mountPath": "/tmp"} in container["volumeMounts"]
        if of_name(graph, "Service", name):
            assert visible(graph, name) == {name}
        assert found["metadata"]["labels"]["app.kubernetes.io/instance"] == "dev"
    assert [each.name for each in of_kind(graph, "PodDisruptionBudget") if "extra" in each.name] == [
        "extra-grader"
    ]


def test_probes_follow_from_port_path_and_command(graph: Graph) -> None:
    [web] = template(graph, find(graph, "Deployment", "extra-grader"))["spec"]["containers"]
    assert web["readinessProbe"]["httpGet"]["path"] == "/health"
    assert web["readinessProbe"]["httpGet"]["httpHeaders"] == [{"name": "Host", "value": "extra-grader"}]
    assert web["livenessProbe"]["tcpSocket"] == {"port": 8080}
    assert web["startupProbe"]["failureThreshold"] * web["startupProbe"]["periodSeconds"] == 300
    [listener] = template(graph, find(graph, "Deployment", "extra-listener"))["spec"]["containers"]
    assert listener["livenessProbe"]["exec"] == {"command": ["grader", "alive"]}
    assert "readinessProbe" not in listener and not of_name(graph, "Service", "extra-listener")


def of_name(graph: Graph, kind: str, name: str) -> list[Any]:
    return [each for each in of_kind(graph, kind) if each.name == name]


def test_files_are_in_config_maps_and_secrets_by_what_they_hold(graph: Graph) -> None:
    plain = graph.object(find(graph, "ConfigMap", "extra-grader-files"))
    assert plain["data"] == {"1-a.toml": "x = 1\n", "3-b": "y\n"} and plain["immutable"]
    assert set(graph.object(find(graph, "Secret", "extra-grader-secrets"))["stringData"]) == {"2-lti"}
    spec = template(graph, find(graph, "Deployment", "extra-grader"))["spec"]
    shown = {
        mount["mountPath"]: sorted(
            item["path"]
            for volume in spec["volumes"]
            if volume["name"] == mount["name"]
            for source in volume.get("projected", {"sources": []})["sources"]
            for item in next(iter(source.values()))["items"]
        )
        for mount in spec["containers"][0]["volumeMounts"]
    }
    assert shown == {"/etc/grader": ["a.toml", "lti"], "/etc/more": ["b"], "/tmp": []}
    fixed = graph.object(find(graph, "Secret", "extra-report-secrets"))
    assert fixed["metadata"]["name"] == "extra-report-secrets" and "immutable" not in fixed


def test_a_volume_is_kept_and_written_by_one_pod(graph: Graph, recorded: Record) -> None:
    claim = find(graph, "PersistentVolumeClaim", "extra-archive")
    assert claim.protect and claim.retain_on_delete
    assert graph.object(claim)["spec"]["resources"]["requests"]["storage"] == "3Gi"
    deployment = graph.object(find(graph, "Deployment", "extra-archive"))["spec"]
    assert deployment["strategy"] == {"type": "Recreate"} and deployment["replicas"] == 1
    said = {**ALL["extras"]["containers"]["archive"], "enabled": False}
    off = recorded({**LEAST, "extras": {"containers": {"archive": said}}})
    assert {each.name for each in off.resources if each.name.startswith("extra-")} == {"extra-archive"}
    assert find(off, "PersistentVolumeClaim", "extra-archive").protect


def test_flows_are_open_to_whom_the_stack_file_names(graph: Graph) -> None:
    known = pods(graph)
    code = {name for name, pod in known.items() if pod.labels["app.kubernetes.io/name"] == "edx-platform"}
    assert {client for client in known if talks(graph, client, "extra-grader", 8080)} == code
    assert {client for client in known if talks(graph, client, "extra-archive", 9000)} == {"extra-grader"}
    extras = {name for name in known if name.startswith("extra-")}
    for server, port, clients in (
        ("mysql", 3306, {"extra-grader"}),
        ("mongodb", 27017, set()),
        ("cache", 6379, set()),
        ("lms", 8000, {"extra-listener"}),
        ("studio", 8000, {"extra-listener"}),
    ):
        assert {name for name in extras if talks(graph, name, server, port)} == clients, server
    assert {name for name in extras if reaches(graph, name, "192.0.2.1", 443)} == {"extra-listener"}
    assert {name for name in extras if reaches(graph, name, "10.1.2.3", 636)} == {"extra-grader"}
    assert not any(reaches(graph, name, "10.1.3.3", 636) for name in extras)
    assert not any(reaches(graph, name, "169.254.169.254", 443) for name in extras)
    assert {name for name in extras if enters(graph, TRAEFIK, known[name], 8080)} == {"extra-grader"}
    assert {name for name in extras if enters(graph, TRAEFIK, known[name], 9000)} == {"extra-archive"}


def test_visitors_reach_a_host_or_a_path(graph: Graph) -> None:
    ingress = find(graph, "Ingress", "extra-grader")
    [rule] = graph.object(ingress)["spec"]["rules"]
    assert rule["host"] == "grader.example.org"
    assert [path["path"] for path in rule["http"]["paths"]] == ["/lti"]
    [rule] = graph.object(find(graph, "Ingress", "lms"))["spec"]["rules"]
    backends = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    assert backends["/a"] == "extra-archive" and backends["/"] == "lms"


def test_containers_come_after_the_platform_s_set_up(graph: Graph) -> None:
    for name in ("extra-grader", "extra-archive"):
        assert "Job studio-setup" in names_before(graph, find(graph, "Deployment", name))


def test_what_runs_by_the_clock(graph: Graph) -> None:
    spec = graph.object(find(graph, "CronJob", "extra-report"))["spec"]
    assert (spec["schedule"], spec["concurrencyPolicy"]) == ("0 5 * * 1", "Forbid")
    assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 1200
    assert spec["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_a_pause_stops_them_all(recorded: Record) -> None:
    graph = recorded({**ALL, "maintenance": {"page": True, "pause": True}})
    for name in ("extra-grader", "extra-archive", "extra-listener"):
        assert graph.object(find(graph, "Deployment", name))["spec"]["replicas"] == 0
    assert graph.object(find(graph, "CronJob", "extra-report"))["spec"]["suspend"] is True


def test_a_lower_user_has_its_reason_on_the_pods(
    recorded: Record, needed: Callable[[BaseStack], Mapping[str, str]]
) -> None:
    said = with_extras(grader={"user": 33, "reason": "files of the image are of www-data"})
    graph = recorded(said)
    found = template(graph, find(graph, "Deployment", "extra-grader"))
    assert found["metadata"]["annotations"]["openedx-infra/exception"] == "files of the image are of www-data"
    assert policies.check(graph, load("dev", said), needed(load("dev", said))) == []


def test_external_datastores_are_reached_at_their_ports(recorded: Record) -> None:
    said = with_extras(grader={"connects_to": {"datastores": ["mail"]}})
    smtp = {"source": "smtp", "host": "smtp.example.org"}
    graph = recorded({**said, "mail": {"delivery": smtp}})
    assert reaches(graph, "extra-grader", "192.0.2.1", 587)
    assert not reaches(graph, "extra-grader", "192.0.2.1", 443)
