"""Who can talk to whom? The policies, asked as Kubernetes asks them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

import pytest
from shape import Record, find, matches, of_kind

from openedx_infra.operations.recording import Graph

CONTROLLER = ({"kubernetes.io/metadata.name": "kube-system"}, {"app.kubernetes.io/name": "traefik"})
STRANGER = ({"kubernetes.io/metadata.name": "elsewhere"}, {"app.kubernetes.io/name": "mysql"})
WEB, PORTS = (
    8000,
    {"mysql": 3306, "mongodb": 27017, "broker": 6379, "cache": 6379, "meilisearch": 7700, "smtp": 8025},
)
PLATFORM = [
    "lms",
    "studio",
    "lms-worker-default",
    "studio-worker-default",
    "lms-beat",
    "lms-migrate",
    "studio-setup",
]


def _labels(graph: Graph, name: str) -> dict[str, str]:
    [workload] = [r for r in of_kind(graph, "Deployment", "StatefulSet", "Job") if r.name == name]
    return dict(graph.object(workload)["spec"]["template"]["metadata"]["labels"])


def _rules(graph: Graph, direction: str, labels: dict[str, str]) -> Iterator[dict[str, Any]]:
    for resource in of_kind(graph, "NetworkPolicy"):
        spec = graph.object(resource)["spec"]
        if direction.capitalize() in spec["policyTypes"] and matches(spec["podSelector"], labels):
            yield from spec.get(direction, [])


def _open(rule: dict[str, Any], port: int, protocol: str) -> bool:
    return not rule.get("ports") or {"port": port, "protocol": protocol} in rule["ports"]


def _is_pod(peer: dict[str, Any], namespace: dict[str, str] | None, labels: dict[str, str]) -> bool:
    """`namespace` has the labels of the pod's namespace, None for the policy's own."""
    if "ipBlock" in peer:
        return False  # matches addresses of pods, too, but then the receiving side's rules decide
    if "namespaceSelector" in peer:
        inside = matches(peer["namespaceSelector"], namespace or {"kubernetes.io/metadata.name": "own"})
    else:
        inside = namespace is None
    return inside and matches(peer.get("podSelector", {}), labels)


def talks(graph: Graph, client: str, server: str, port: int) -> bool:
    source, target = _labels(graph, client), _labels(graph, server)
    leaves = any(
        _open(rule, port, "TCP") and any(_is_pod(peer, None, target) for peer in rule["to"])
        for rule in _rules(graph, "egress", source)
    )
    return leaves and receives(graph, server, port, None, source)


def receives(
    graph: Graph, server: str, port: int, namespace: dict[str, str] | None, client: dict[str, str]
) -> bool:
    return any(
        _open(rule, port, "TCP") and any(_is_pod(peer, namespace, client) for peer in rule["from"])
        for rule in _rules(graph, "ingress", _labels(graph, server))
    )


def reaches(graph: Graph, client: str, address: str, port: int) -> bool:
    """Whether a pod may open a connection to an address outside."""
    target = ipaddress.ip_address(address)
    for rule in _rules(graph, "egress", _labels(graph, client)):
        for block in (peer["ipBlock"] for peer in rule["to"] if "ipBlock" in peer):
            barred = any(target in ipaddress.ip_network(part) for part in block.get("except", []))
            if _open(rule, port, "TCP") and target in ipaddress.ip_network(block["cidr"]) and not barred:
                return True
    return False


@pytest.mark.parametrize("client", PLATFORM)
@pytest.mark.parametrize(("server", "port"), [*PORTS.items(), ("lms", WEB), ("studio", WEB)])
def test_the_platform_reaches_what_it_needs(recorded: Record, client: str, server: str, port: int) -> None:
    assert talks(recorded(), client, server, port)


@pytest.mark.parametrize(
    ("client", "server", "port"),
    [
        ("mysql-provision", "mysql", 3306),
        ("mongodb-provision", "mongodb", 27017),
        ("search-provision", "meilisearch", 7700),
        ("mfe", "lms", WEB),
    ],
)
def test_others_reach_what_they_need(recorded: Record, client: str, server: str, port: int) -> None:
    assert talks(recorded(), client, server, port)


def test_nobody_else_reaches_a_datastore(recorded: Record) -> None:
    graph = recorded()
    clients = ["mfe", "smtp", "mysql", "mongodb", "broker", "cache", "meilisearch"]
    open_ways = [(c, s) for c in clients for s, port in PORTS.items() if c != s and talks(graph, c, s, port)]
    assert open_ways == []
    assert not talks(graph, "mysql-provision", "mongodb", 27017)
    assert not talks(graph, "mongodb-provision", "mysql", 3306)


@pytest.mark.parametrize("server", [*PORTS, "lms", "studio", "mfe"])
def test_strangers_are_refused(recorded: Record, server: str) -> None:
    port = {**PORTS, "lms": WEB, "studio": WEB, "mfe": 8002}[server]
    assert not receives(recorded(), server, port, *STRANGER)


@pytest.mark.parametrize(
    ("server", "admitted"),
    [("lms", True), ("studio", True), ("mfe", True), ("meilisearch", True), ("mysql", False)],
)
def test_visitors_come_by_the_ingress(recorded: Record, server: str, admitted: bool) -> None:
    port = {**PORTS, "lms": WEB, "studio": WEB, "mfe": 8002}[server]
    assert receives(recorded(), server, port, *CONTROLLER) == admitted


def test_the_controller_is_the_one_of_the_stack(recorded: Record, everything: dict[str, Any]) -> None:
    nginx = ({"kubernetes.io/metadata.name": "ingress-nginx"}, {"app.kubernetes.io/name": "ingress-nginx"})
    assert receives(recorded(everything), "lms", WEB, *nginx)
    assert not receives(recorded(everything), "lms", WEB, *CONTROLLER)


@pytest.mark.parametrize("address", ["169.254.169.254", "169.254.170.2", "fd00:ec2::254"])
@pytest.mark.parametrize("client", ["lms", "lms-worker-default", "smtp", "mfe", "mysql"])
def test_metadata_services_are_out_of_reach(recorded: Record, client: str, address: str) -> None:
    assert not any(reaches(recorded(), client, address, port) for port in (25, 80, 443))


@pytest.mark.parametrize(
    ("client", "port", "allowed"),
    [
        ("lms", 443, True),
        ("studio-worker-default", 443, True),
        ("lms", 22, False),
        ("smtp", 25, True),
        ("smtp", 443, False),
        ("mfe", 443, False),
        ("mysql", 443, False),
        ("broker", 443, False),
        ("meilisearch", 443, False),
    ],
)
def test_who_reaches_the_web(recorded: Record, client: str, port: int, allowed: bool) -> None:
    assert reaches(recorded(), client, "192.0.2.1", port) == allowed
    assert reaches(recorded(), client, "2001:db8::1", port) == allowed


def test_the_mail_provider_is_reached(recorded: Record, everything: dict[str, Any]) -> None:
    assert reaches(recorded(everything), "lms-worker-all", "192.0.2.1", 465)
    assert not reaches(recorded(), "lms-worker-default", "192.0.2.1", 465)


def test_every_pod_may_ask_for_names(graph: Graph) -> None:
    policy = graph.object(find(graph, "NetworkPolicy", "allow-dns"))["spec"]
    assert policy["podSelector"] == {}
    assert policy["egress"][0]["ports"] == [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]


def test_silence_is_the_rule(graph: Graph) -> None:
    policy = graph.object(find(graph, "NetworkPolicy", "deny-all"))["spec"]
    assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
