"""Hosts of a stack that something else in the cluster serves already, such as another instance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from openedx_infra.operations.prerequisites.facts import Facts, Item, Items
from openedx_infra.operations.prerequisites.lack import Lack, listed

INSTANCE, PART_OF = "app.kubernetes.io/instance", "app.kubernetes.io/part-of"
_KINDS = ("Ingress", "HTTPRoute")
_WHOLE = (None, "", "/")
"""Paths that take all requests for a host that no longer path takes."""


@dataclass(frozen=True, kw_only=True)
class _Taken:
    """A host, and the object elsewhere that serves it."""

    host: str
    kind: str
    item: Item


def problems(objects: Items, facts: Facts) -> Iterator[Lack]:
    """One for each namespace whose objects serve hosts of the stack.

    An object that only takes some paths of a host, such as a page beside the site, is none, unless it is
    another instance's.
    """
    mine = [each for each in objects if each["kind"] in _KINDS]
    hosts = {host for each in mine for host in _hosts(each)}
    own = {each["metadata"].get("namespace") for each in mine}
    taken = [
        _Taken(host=host, kind=kind, item=item)
        for kind, items in zip(_KINDS, (facts.ingresses, facts.routes), strict=True)
        for item in items or ()
        if item["metadata"].get("namespace") not in own
        for host in sorted(hosts & set(_hosts(item)))
        if _is_instance(item) or _is_whole(item, host)
    ]
    for namespace in dict.fromkeys(each.item["metadata"].get("namespace") for each in taken):
        yield _lack([each for each in taken if each.item["metadata"].get("namespace") == namespace])


def _lack(taken: list[_Taken]) -> Lack:
    meta: Item = taken[0].item["metadata"]
    objects = dict.fromkeys(f"{each.kind} {each.item['metadata']['name']}" for each in taken)
    hosts = list(dict.fromkeys(each.host for each in taken))
    stack = (meta.get("labels") or {}).get(INSTANCE)
    whose = f" (stack {stack})" if stack and _is_instance(taken[0].item) else ""
    served = f"{'is' if len(hosts) == 1 else 'are'} served by {listed(objects)}"
    return Lack(
        key="openedx:site",
        found=f"{listed(hosts)} {served} of namespace {meta.get('namespace')}{whose}",
        remedy="Two can't share a host: set other hosts, or delete the other first",
    )


def _hosts(item: Item) -> list[str]:
    spec = item.get("spec") or {}
    return [
        *(spec.get("hostnames") or ()),
        *(rule["host"] for rule in spec.get("rules") or () if rule.get("host")),
    ]


def _is_instance(item: Item) -> bool:
    return (item["metadata"].get("labels") or {}).get(PART_OF) == "openedx"


def _is_whole(item: Item, host: str) -> bool:
    """Whether an object takes all requests for a host."""
    for rule in item["spec"].get("rules") or ():
        if rule.get("host") in (None, host) and any(path in _WHOLE for path in _paths(rule)):
            return True
    return False


def _paths(rule: Item) -> Iterator[str | None]:
    """Paths of a rule of an Ingress or of an HTTPRoute."""
    if "http" in rule:
        yield from (path.get("path") for path in rule["http"].get("paths") or ())
    else:
        matches = rule.get("matches") or [{}]
        yield from ((match.get("path") or {}).get("value") for match in matches)
