"""Rules for Ingresses, routes and network policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from policies.objects import EXCEPTION, Object, at, of_kind, title

METADATA = ("169.254.169.254", "fd00:ec2::254")
"""Addresses at which clouds hand out credentials to whoever asks."""
PRIVATE = {
    "0.0.0.0/0": ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"),
    "::/0": ("fc00::/7",),
}
"""Private networks (RFC 1918, 6598, 4193) in the networks that are the whole Internet."""
_DNS = 53
_NGINX_LIST = "nginx.ingress.kubernetes.io/whitelist-source-range"
_TRAEFIK_CHAIN = "traefik.ingress.kubernetes.io/router.middlewares"


def metadata_closed(obj: Object) -> Iterator[str]:
    """No network policy lets pods reach a metadata service, but for names: on port 53 it hands out nothing
    else, and is the name server of GKE's Cloud DNS."""
    if obj["kind"] != "NetworkPolicy":
        return
    for rule in at(obj, "spec", "egress") or ():
        if not rule.get("to"):
            yield "lets pods reach everything, metadata services of clouds among it: name who is reached"
        if _only_names(rule):
            continue
        for block in (peer["ipBlock"] for peer in rule.get("to") or () if "ipBlock" in peer):
            for address in METADATA:
                if _within(address, block["cidr"]) and not any(
                    _within(address, part) for part in block.get("except") or ()
                ):
                    yield f"lets pods reach {address}, where clouds hand out credentials: except it"


def named_peers(obj: Object) -> Iterator[str]:
    """A network policy names the namespace of others' pods: anybody in the cluster may set a label."""
    if obj["kind"] != "NetworkPolicy" or at(obj, "metadata", "annotations", EXCEPTION):
        return
    for peer in _peers(obj):
        selector = peer.get("namespaceSelector")
        if selector is not None and not selector.get("matchLabels") and not selector.get("matchExpressions"):
            yield (
                "lets pods of any namespace through: name their namespace, or set the annotation "
                f"{EXCEPTION} with the reason"
            )


def private_closed(obj: Object) -> Iterator[str]:
    """A network policy that opens the whole Internet leaves private networks out, where nodes, other pods and
    the neighbours of the cluster are."""
    if obj["kind"] != "NetworkPolicy" or at(obj, "metadata", "annotations", EXCEPTION):
        return
    for peer in _peers(obj):
        block: Mapping[str, Any] = peer.get("ipBlock") or {}
        for whole, private in PRIVATE.items():
            if block.get("cidr") == whole:
                barred = [ip_network(part) for part in block.get("except") or ()]
                opened = [one for one in private if not any(_holds(part, one) for part in barred)]
                if opened:
                    yield (
                        f"opens {whole} with private networks in it ({', '.join(opened)}): except them, or "
                        f"set the annotation {EXCEPTION} with the reason"
                    )


def _peers(policy: Object) -> Iterator[Mapping[str, Any]]:
    for direction, key in (("ingress", "from"), ("egress", "to")):
        for rule in at(policy, "spec", direction) or ():
            yield from rule.get(key) or ()


def _only_names(rule: Mapping[str, Any]) -> bool:
    """Whether a rule opens nothing but the port of name servers."""
    ports = rule.get("ports") or ()
    return bool(ports) and all(port.get("port") == _DNS and not port.get("endPort") for port in ports)


def _holds(outer: Any, inner: str) -> bool:
    network = ip_network(inner)
    return outer.version == network.version and bool(network.subnet_of(outer))


def encrypted_entrance(objects: Sequence[Object]) -> Iterator[tuple[Object, str]]:
    """Where one host of an instance has TLS, all have: cookies of a site are for all of its hosts."""
    ingresses = list(of_kind(objects, "Ingress"))
    if any(at(one, "spec", "tls") for one in ingresses):
        for one in ingresses:
            encrypted = {host for entry in at(one, "spec", "tls") or () for host in entry.get("hosts") or ()}
            for rule in at(one, "spec", "rules") or ():
                if rule.get("host") not in encrypted:
                    yield one, f"lets visitors of {rule.get('host')} in without TLS, which other hosts have"
    yield from _encrypted_routes(objects)


def _encrypted_routes(objects: Sequence[Object]) -> Iterator[tuple[Object, str]]:
    """Where a Gateway has listeners with TLS, those without only send visitors on to them."""
    for gateway in of_kind(objects, "Gateway"):
        listeners = at(gateway, "spec", "listeners") or ()
        plain = {one["name"] for one in listeners if one["protocol"] == "HTTP"}
        if len(plain) == len(listeners):
            continue
        for route in of_kind(objects, "HTTPRoute"):
            for parent in at(route, "spec", "parentRefs") or ():
                there = parent["name"] == at(gateway, "metadata", "name")
                inside = parent.get("sectionName") is None or parent["sectionName"] in plain
                if there and inside and any(rule.get("backendRefs") for rule in at(route, "spec", "rules")):
                    yield route, f"lets visitors in by {title(gateway)} without TLS, which other hosts have"


def guarded_paths(objects: Sequence[Object]) -> Iterator[tuple[Object, str]]:
    """What is reached from some networks alone has no other way in: the longest path decides, and it must be
    as closed as the shorter one."""
    lists = {
        f"{at(one, 'metadata', 'namespace')}-{at(one, 'metadata', 'name')}@kubernetescrd"
        for one in of_kind(objects, "Middleware")
        if at(one, "spec", "ipAllowList")
    }
    ways = [
        (one, rule.get("host"), path["path"], _guard(one, lists))
        for one in of_kind(objects, "Ingress")
        for rule in at(one, "spec", "rules") or ()
        for path in rule["http"]["paths"]
    ]
    for _, host, closed, guard in (way for way in ways if way[3]):
        for other, at_host, path, its in ways:
            if at_host == host and its != guard and f"{path}/".startswith(f"{closed}/"):
                yield other, f"opens {host}{path} to all, though {closed} is for some networks alone"


def _guard(ingress: Object, lists: set[str]) -> frozenset[str]:
    """What keeps most of the world from an Ingress."""
    annotations: dict[str, Any] = at(ingress, "metadata", "annotations") or {}
    chain = set(str(annotations.get(_TRAEFIK_CHAIN, "")).split(","))
    return frozenset((chain & lists) | ({annotations[_NGINX_LIST]} if _NGINX_LIST in annotations else set()))


def _within(address: str, cidr: str) -> bool:
    return ip_address(address) in ip_network(cidr)
