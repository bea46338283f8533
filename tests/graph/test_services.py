"""One object adds a service: pods, volume, files, hosts and network policies follow from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from flows import Pod, enters, pods, reaches, talks, visible
from shape import Record, find, names_before, of_kind, template

import policies
from openedx_infra import services
from openedx_infra.config import BaseStack, Stack, load
from openedx_infra.kubernetes import probes, volumes
from openedx_infra.operations.offline.recording import Graph, record
from openedx_infra.services.service import DataVolume, File, PublicPaths, Service

LEAST = {"site": {"lms_host": "learn.example.org"}}
TRAEFIK = Pod({"app.kubernetes.io/name": "traefik"}, "kube-system")
NEW = {"greeter", "archive"}


def greeter(stack: Stack) -> Service:
    """Without data, in two pods, for visitors and the platform."""
    return Service(
        name="greeter",
        image=stack.images.mirrored("docker.io/example/greeter:1.2"),
        size=stack.sizing.smtp,
        replicas=2,
        port=8080,
        probes=probes.server(8080),
        clients=["edx-platform"],
        public=PublicPaths(domain=f"greeter.{stack.site.lms_host}", paths=["/hello"], body_limit=1024),
    )


def archive(stack: Stack) -> Service | None:
    """With a volume and a password, for the greeter alone; it reaches a server on the Internet."""
    if stack.maintenance.pause:
        return None
    return Service(
        name="archive",
        software="archiver",
        image="registry.example.org/archive@sha256:" + "0f" * 32,
        size=stack.sizing.smtp,
        stateful=True,
        port=9000,
        probes=probes.server(9000),
        folders=[
            DataVolume(path="/data", size="3Gi"),
            File(
                object="archive-password",
                volume="password",
                folder="/etc/archive",
                name="login.ini",
                text="password = {}\n".format,
                secrets=["cache_password"],
            ),
            File(object="archive-config", volume="config", folder="/etc/rc", name="rc", text="quiet\n"),
            volumes.scratch("tmp", "/tmp", "16Mi"),
        ],
        clients=["greeter"],
        internet=[8443],
    )


@pytest.fixture
def with_services(
    monkeypatch: pytest.MonkeyPatch, needed: Callable[[BaseStack], Mapping[str, str]]
) -> Callable[..., Graph]:
    """Graphs with both services. They are there while a graph is recorded, not while others are."""

    def graph_of(said: Mapping[str, Any] = LEAST) -> Graph:
        stack = load("dev", said)
        with monkeypatch.context() as patch:
            patch.setattr(services, "COMPANIONS", (greeter, archive))
            return record(stack, needed(stack))

    return graph_of


def _named(graph: Graph, *kinds: str) -> set[str]:
    return {resource.name for resource in of_kind(graph, *kinds)}


def test_services_change_nothing_but_what_is_theirs(
    with_services: Callable[..., Graph], recorded: Record
) -> None:
    before = {resource.urn: resource for resource in recorded().resources}
    after = {resource.urn: resource for resource in with_services().resources}
    assert set(before) <= set(after)
    changed = {urn for urn in before if before[urn].props != after[urn].props}
    # The platform may talk to one of them, and its policy says so.
    assert {urn.rpartition("::")[2] for urn in changed} == {"from-edx-platform"}
    added = {urn.rpartition("$")[2].rpartition("/")[2] for urn in set(after) - set(before)}
    assert added == {
        *("v1:Deployment::greeter", "v1:PodDisruptionBudget::greeter", "v1:Service::greeter"),
        *("v1:Ingress::greeter", "v1:NetworkPolicy::to-greeter", "v1:NetworkPolicy::visitors-to-greeter"),
        *("v1:StatefulSet::archive", "v1:PersistentVolumeClaim::archive", "v1:Service::archive"),
        *("v1:Secret::archive-password", "v1:ConfigMap::archive-config", "v1:NetworkPolicy::to-archiver"),
        *("v1:NetworkPolicy::from-greeter", "v1:NetworkPolicy::internet-from-archiver"),
        *("openedx:index:Companion::greeter", "openedx:index:Companion::archive"),
    }


def test_a_service_that_a_stack_does_without_is_not_there(with_services: Callable[..., Graph]) -> None:
    graph = with_services({**LEAST, "maintenance": {"page": True, "pause": True}})
    assert _named(graph, "Deployment", "StatefulSet") & NEW == {"greeter"}


def test_pods_of_services_are_as_all_pods_are(
    with_services: Callable[..., Graph], needed: Callable[[BaseStack], Mapping[str, str]]
) -> None:
    graph, stack = with_services(), load("dev", LEAST)
    assert policies.check(graph, stack, needed(stack)) == []
    for kind, name in (("Deployment", "greeter"), ("StatefulSet", "archive")):
        spec = template(graph, find(graph, kind, name))["spec"]
        [container] = spec["containers"]
        assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["runAsUser"] == 10_001
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["livenessProbe"] and container["readinessProbe"]
        assert container["resources"]["limits"]["memory"] == stack.sizing.smtp.memory_limit
        assert visible(graph, name) == {name}
    greeter = template(graph, find(graph, "Deployment", "greeter"))["spec"]
    assert greeter["containers"][0]["image"] == "docker.io/example/greeter:1.2"
    # Visitors are served while proxies learn that a pod leaves.
    assert greeter["containers"][0]["lifecycle"]["preStop"] == {"sleep": {"seconds": 15}}
    assert greeter["terminationGracePeriodSeconds"] == 45


def test_images_of_services_come_from_the_mirror_too(with_services: Callable[..., Graph]) -> None:
    graph = with_services({**LEAST, "images": {"mirrors": {"docker.io": "mirror.example.org/hub"}}})
    spec = template(graph, find(graph, "Deployment", "greeter"))["spec"]
    assert spec["containers"][0]["image"] == "mirror.example.org/hub/example/greeter:1.2"


def test_data_and_passwords_of_services_are_kept(with_services: Callable[..., Graph]) -> None:
    graph = with_services()
    claim = find(graph, "PersistentVolumeClaim", "archive")
    assert claim.protect and claim.retain_on_delete
    assert graph.object(claim)["spec"]["resources"]["requests"]["storage"] == "3Gi"
    secret = find(graph, "Secret", "archive-password")
    assert "login.ini" in graph.object(secret)["stringData"] and graph.object(secret)["immutable"]
    assert graph.object(find(graph, "ConfigMap", "archive-config"))["data"] == {"rc": "quiet\n"}
    mounts = template(graph, find(graph, "StatefulSet", "archive"))["spec"]["containers"][0]["volumeMounts"]
    assert [mount["mountPath"] for mount in mounts] == ["/data", "/etc/archive", "/etc/rc", "/tmp"]


def test_flows_are_open_for_those_whom_a_service_names(with_services: Callable[..., Graph]) -> None:
    graph = with_services()
    known = pods(graph)
    code = {name for name, pod in known.items() if pod.labels["app.kubernetes.io/name"] == "edx-platform"}
    assert {client for client in known if talks(graph, client, "greeter", 8080)} == code
    assert {client for client in known if talks(graph, client, "archive", 9000)} == {"greeter"}
    assert enters(graph, TRAEFIK, known["greeter"], 8080)
    assert not enters(graph, TRAEFIK, known["archive"], 9000)
    assert {name for name in known if reaches(graph, name, "192.0.2.1", 8443)} == {"archive"}
    assert not reaches(graph, "archive", "10.0.0.1", 8443)
    assert not reaches(graph, "greeter", "192.0.2.1", 443)


def test_visitors_reach_a_service_by_its_host(with_services: Callable[..., Graph]) -> None:
    graph = with_services()
    ingress = find(graph, "Ingress", "greeter")
    [rule] = graph.object(ingress)["spec"]["rules"]
    assert rule["host"] == "greeter.learn.example.org"
    assert [path["path"] for path in rule["http"]["paths"]] == ["/hello"]
    assert "Deployment greeter" in names_before(graph, ingress)
