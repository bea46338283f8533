"""Rules for Ingresses, routes and network policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from policies.objects import Object, at, of_kind, title

METADATA = ("169.254.169.254", "fd00:ec2::254")
"""Addresses at which clouds hand out credentials to whoever asks."""
_NGINX_LIST = "nginx.ingress.kubernetes.io/whitelist-source-range"
_TRAEFIK_CHAIN = "traefik.ingress.kubernetes.io/router.middlewares"


def metadata_closed(obj: Object) -> Iterator[str]:
    """No network policy lets pods reach a metadata service."""
    if obj["kind"] != "NetworkPolicy":
        return
    for rule in at(obj, "spec", "egress") or ():
        if not rule.get("to"):
            yield "lets pods reach everything, metadata services of clouds among it: name who is reached"
        for block in (peer["ipBlock"] for peer in rule.get("to") or () if "ipBlock" in peer):
            for address in METADATA:
                if _within(address, block["cidr"]) and not any(
                    _within(address, part) for part in block.get("except") or ()
                ):
                    yield f"lets pods reach {address}, where clouds hand out credentials: except it"


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
