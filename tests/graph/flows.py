"""The connections that a graph's pods may open. A graph's network policies, asked as Kubernetes asks them.

A connection passes when a policy about the client lets it out and one about the server lets it in; pods that
no policy is about would be open, but `deny-all` is about all."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shape import WORKLOADS, find, matches, of_kind, once_for_each_graph, template

from openedx_infra.operations.offline.recording import Graph, Registered

NAMESPACE = "kubernetes.io/metadata.name"
OWN = "own"
"""Name of the namespace of a graph, for rules that select by it."""


@dataclass(frozen=True)
class Pod:
    """A pod, to network policies: labels, in a namespace."""

    labels: Mapping[str, str]
    namespace: str = OWN


@once_for_each_graph
def pods(graph: Graph) -> Mapping[str, Pod]:
    """One pod of each workload, by the workload's name."""
    return {
        r.name: Pod(template(graph, r)["metadata"]["labels"], _namespace(graph, r))
        for r in of_kind(graph, *WORKLOADS)
    }


def ports(graph: Graph, name: str) -> set[int]:
    """Ports that containers of a workload say they listen on, those beside the first one included."""
    [workload] = [r for r in of_kind(graph, *WORKLOADS) if r.name == name]
    spec = template(graph, workload)["spec"]
    containers = [*spec["containers"], *spec.get("initContainers", [])]
    return {int(port["containerPort"]) for one in containers for port in one.get("ports", [])}


def _namespace(graph: Graph, resource: Registered) -> str:
    """Namespace of an object, as rules name it."""
    found: str = graph.object(resource)["metadata"]["namespace"]
    return OWN if found == graph.outputs["namespace"] else found


def talks(graph: Graph, client: str, server: str, port: int) -> bool:
    """Whether one workload's pods may connect to another's."""
    known = pods(graph)
    return leaves(graph, known[client], known[server], port) and enters(
        graph, known[client], known[server], port
    )


def enters(graph: Graph, client: Pod, server: Pod, port: int) -> bool:
    """Whether a pod of the namespace takes a connection from a pod anywhere."""
    return any(
        _open(rule, port) and any(_is_pod(peer, client, server.namespace) for peer in rule["from"])
        for rule in _rules(graph, "ingress", server)
    )


def comes(graph: Graph, address: str, server: Pod, port: int) -> bool:
    """Whether a pod of the namespace takes a connection from an address."""
    source = ipaddress.ip_address(address)
    return any(
        _open(rule, port) and any(_has(peer["ipBlock"], source) for peer in rule["from"] if "ipBlock" in peer)
        for rule in _rules(graph, "ingress", server)
    )


def leaves(graph: Graph, client: Pod, server: Pod, port: int) -> bool:
    """Whether a pod of the namespace may connect to a pod anywhere, as far as it is asked."""
    return any(
        _open(rule, port) and any(_is_pod(peer, server, client.namespace) for peer in rule["to"])
        for rule in _rules(graph, "egress", client)
    )


def reaches(graph: Graph, client: str, address: str, port: int, protocol: str = "TCP") -> bool:
    """Whether a workload's pods may connect to an address outside."""
    target = ipaddress.ip_address(address)
    return any(
        _open(rule, port, protocol)
        and any(_has(peer["ipBlock"], target) for peer in rule["to"] if "ipBlock" in peer)
        for rule in _rules(graph, "egress", pods(graph)[client])
    )


def visible(graph: Graph, service: str) -> set[str]:
    """Workloads whose pods a Service sends to."""
    selector = {"matchLabels": graph.object(find(graph, "Service", service))["spec"]["selector"]}
    return {name for name, pod in pods(graph).items() if matches(selector, pod.labels)}


@once_for_each_graph
def _policies(graph: Graph) -> list[tuple[str, dict[str, Any]]]:
    """Namespace and spec of each network policy."""
    policies = of_kind(graph, "NetworkPolicy")
    return [(_namespace(graph, policy), graph.object(policy)["spec"]) for policy in policies]


def _rules(graph: Graph, direction: str, pod: Pod) -> Iterator[dict[str, Any]]:
    """Rules of the policies that are about a pod: those of its own namespace alone."""
    for namespace, spec in _policies(graph):
        about = namespace == pod.namespace and direction.capitalize() in spec["policyTypes"]
        if about and matches(spec["podSelector"], pod.labels):
            yield from spec.get(direction, [])


def _open(rule: Mapping[str, Any], port: int, protocol: str = "TCP") -> bool:
    return not rule.get("ports") or {"port": port, "protocol": protocol} in rule["ports"]


def _is_pod(peer: Mapping[str, Any], pod: Pod, home: str) -> bool:
    """Whether a rule of a policy in the namespace `home` means a pod."""
    if "ipBlock" in peer:
        return False  # matches addresses of pods, too, but then the receiving side's rules decide
    if "namespaceSelector" in peer:
        inside = matches(peer["namespaceSelector"], {NAMESPACE: pod.namespace})
    else:
        inside = pod.namespace == home
    return inside and matches(peer.get("podSelector", {}), pod.labels)


def _has(block: Mapping[str, Any], target: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    barred = any(target in ipaddress.ip_network(part) for part in block.get("except", []))
    return target in ipaddress.ip_network(block["cidr"]) and not barred
