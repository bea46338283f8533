"""Pods of others that network policies let through: whether they are where the stack file says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from openedx_infra.operations.prerequisites.facts import Facts, Item, Items
from openedx_infra.operations.prerequisites.lack import Lack, listed
from policies.objects import pod_spec

DNS_POLICY, ENTRANCE = "allow-dns", "visitors-to-"
_NODE_LOCAL = "169.254.20.10/32"
_KEYS = {
    "keda-operator": "openedx:cluster.keda_namespace",
    "ps-operator": "openedx:datastores.mysql.operator_namespace",
    "psmdb-operator": "openedx:datastores.mongodb.operator_namespace",
    "redis-operator": "openedx:datastores.broker.operator_namespace",
}
"""Keys of the namespaces of operators, by the label that their pods have."""
_UNKNOWN = "openedx:monitoring.prometheus_namespace"
_SIMULATED = "kwok.x-k8s.io/node"
"""Annotation of a node that runs no containers, as all of the embedded cluster's."""


@dataclass(frozen=True, kw_only=True)
class _Peer:
    """Pods of others, as a policy names them."""

    key: str
    labels: tuple[tuple[str, str], ...]
    namespaces: tuple[str, ...]
    has_addresses: bool
    """Whether the policy lets addresses through as well."""

    def __str__(self) -> str:
        labels = listed(f"{name}={value}" for name, value in self.labels)
        return f"pod with the label {labels} in namespace {' or '.join(self.namespaces)}"


def problems(objects: Items, facts: Facts) -> Iterator[Lack]:
    """A note for each peer that isn't where a policy lets it through, and for fixed users on OpenShift.

    Where all nodes are simulated there are no name servers and no controller, and nobody needs them.
    """
    if facts.nodes and all(_SIMULATED in (node["metadata"].get("annotations") or {}) for node in facts.nodes):
        return
    own = {each["metadata"].get("namespace") for each in objects}
    others = [pod for pod in facts.pods or () if pod["metadata"].get("namespace") not in own]
    if others:
        for peer in dict.fromkeys(_peers(objects)):
            yield from _missing(peer, others, facts)
    yield from _users(objects, facts)
    yield from _address_family(objects, others)


def _address_family(objects: Items, pods: Items) -> Iterator[Lack]:
    """Servers that listen at addresses of IPv4 alone are reached by nobody in pods whose first is of IPv6."""
    addresses = [pod.get("status", {}).get("podIP") or "" for pod in pods]
    told = [address for address in addresses if address]
    configs = [obj.get("data") or {} for obj in objects if obj["kind"] == "ConfigMap"]
    texts = [text for config in configs for text in config.values()]
    if told and all(":" in address for address in told) and any("= 0.0.0.0:" in text for text in texts):
        yield Lack(
            key="openedx:cluster.ip_family",
            found="pods of the cluster have addresses of IPv6, and servers would listen at IPv4 alone",
            remedy="Set it to IPv6",
        )


def _missing(peer: _Peer, pods: Items, facts: Facts) -> Iterator[Lack]:
    labelled = [pod for pod in pods if _labels(pod).items() >= dict(peer.labels).items()]
    there = [pod for pod in labelled if pod["metadata"]["namespace"] in peer.namespaces]
    elsewhere = sorted({pod["metadata"]["namespace"] for pod in labelled} - set(peer.namespaces))
    in_network_of_nodes = bool(there) and all(pod.get("spec", {}).get("hostNetwork") for pod in there)
    if peer.has_addresses or (there and not in_network_of_nodes):
        return
    if there:
        if peer.key.startswith("openedx:cluster.ingress"):
            yield _note(
                "openedx:cluster.ingress_addresses",
                f"the {peer} runs in the network of its node, where labels don't count",
                f"Set the addresses of the nodes{_addresses(facts)}, or visitors get 504",
            )
    elif elsewhere:
        yield _note(peer.key, f"there is no {peer}, but in {listed(elsewhere)}", "Set that namespace")
    elif peer.key == "openedx:network.dns":
        yield _note(
            peer.key,
            f"there is no {peer}",
            "Set `dns` to where the name servers are, or `name_servers` to their addresses, or no name is "
            "found: docs/distributions.md",
        )
    else:
        yield _note(
            peer.key,
            f"there is no {peer}",
            "Install it, or set namespace and labels to those that it has: docs/distributions.md",
        )


def _note(key: str, found: str, remedy: str) -> Lack:
    return Lack(key=key, found=found, remedy=remedy, fatal=False)


def _peers(objects: Items) -> Iterator[_Peer]:
    for policy in objects:
        if policy["kind"] != "NetworkPolicy":
            continue
        name = policy["metadata"]["name"]
        for direction, end in (("ingress", "from"), ("egress", "to")):
            rules = policy["spec"].get(direction) or ()
            peers = [peer for rule in rules for peer in rule.get(end) or ()]
            addresses = {peer["ipBlock"]["cidr"] for peer in peers if "ipBlock" in peer} - {_NODE_LOCAL}
            for peer in peers:
                labels = (peer.get("podSelector") or {}).get("matchLabels")
                namespaces = _namespaces(peer.get("namespaceSelector"))
                if labels and namespaces:
                    yield _Peer(
                        key=_key(name, labels),
                        labels=tuple(sorted(labels.items())),
                        namespaces=namespaces,
                        has_addresses=bool(addresses),
                    )


def _key(policy: str, labels: Mapping[str, str]) -> str:
    if policy.endswith(DNS_POLICY):
        return "openedx:network.dns"
    if policy.startswith(ENTRANCE):
        return "openedx:cluster.ingress_namespace"
    return next((_KEYS[value] for value in labels.values() if value in _KEYS), _UNKNOWN)


def _namespaces(selector: Item | None) -> tuple[str, ...]:
    expressions = (selector or {}).get("matchExpressions") or ()
    return tuple(name for each in expressions for name in each.get("values") or ())


def _labels(pod: Item) -> Mapping[str, str]:
    labels: Mapping[str, str] = pod["metadata"].get("labels") or {}
    return labels


def _addresses(facts: Facts) -> str:
    found = [
        address["address"]
        for node in facts.nodes or ()
        for address in node.get("status", {}).get("addresses") or ()
        if address.get("type") == "InternalIP"
    ]
    return f" ({listed(found)})" if found else ""


def _users(objects: Items, facts: Facts) -> Iterator[Lack]:
    """OpenShift refuses users outside of the range of the namespace."""
    if "security.openshift.io" not in facts.groups:
        return
    for each in objects:
        pod = pod_spec(each) or {}
        if (pod.get("securityContext") or {}).get("runAsUser") is not None:
            yield _note(
                "openedx:cluster.users",
                "the cluster is OpenShift, which assigns users and refuses others in its default set-up",
                "Set `users: assigned`: docs/distributions.md",
            )
            return
