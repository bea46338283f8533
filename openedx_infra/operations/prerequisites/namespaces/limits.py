"""Limits of a namespace, ResourceQuotas and LimitRanges, against what a stack asks for in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from openedx_infra.operations.offline.requests import Requests, request, reservation
from openedx_infra.operations.prerequisites.facts import Facts, Item, Items
from openedx_infra.operations.prerequisites.lack import Lack, listed
from policies.objects import at, containers, pod_spec

KEY = "openedx:sizing"
_ALIASES = {"cpu": "requests.cpu", "memory": "requests.memory"}
"""Names that a quota may have for the same."""
_RAISE = "Let the cluster's administrator raise it, or set smaller sizes or fewer replicas"


def problems(objects: Items, facts: Facts) -> Iterator[Lack]:
    """One for each quota that is too small, and for each range that a pod or volume is out of.

    Quotas for some pods only, by their class or kind, are left to the cluster.
    """
    for namespace, quotas in facts.quotas.items():
        mine = [each for each in objects if each["metadata"].get("namespace") == namespace]
        ranges = facts.limit_ranges.get(namespace, ())
        wanted = _wanted(mine)
        for quota in quotas:
            spec = quota.get("spec") or {}
            if not spec.get("scopes") and not spec.get("scopeSelector"):
                yield from _quota(quota, wanted, mine, ranges)
        for each in ranges:
            yield from _range(each, mine)


def _wanted(objects: Items) -> Mapping[str, Decimal]:
    """What a stack asks for in a namespace, with one pod of a Job or roll-out, by the words of a quota."""
    reserved = reservation(objects).peak
    volumes = [each for each in objects if each["kind"] == "PersistentVolumeClaim"]
    return {
        "requests.cpu": reserved.cpu,
        "requests.memory": reserved.memory,
        "persistentvolumeclaims": Decimal(len(volumes)),
        "requests.storage": sum((_storage(each) for each in volumes), start=Decimal(0)),
    }


def _quota(quota: Item, wanted: Mapping[str, Decimal], objects: Items, ranges: Items) -> Iterator[Lack]:
    hard: Mapping[str, Any] = (quota.get("spec") or {}).get("hard") or {}
    name, namespace = quota["metadata"]["name"], quota["metadata"]["namespace"]
    short = [
        f"{_shown(kind, wanted[kind])} of {kind}, of which it has {_shown(kind, _amount(kind, value))}"
        for word, value in hard.items()
        if (kind := _ALIASES.get(word, word)) in wanted and wanted[kind] > _amount(kind, value)
    ]
    if short:
        yield Lack(
            key=KEY,
            found=f"ResourceQuota {name} of namespace {namespace} is too small: the stack needs "
            f"{listed(short)}",
            remedy=_RAISE,
        )
    for resource in ("cpu", "memory"):
        if f"limits.{resource}" in hard and (names := _without_limit(resource, objects, ranges)):
            yield Lack(
                key=KEY,
                found=f"ResourceQuota {name} of namespace {namespace} takes only pods with a limit of "
                f"{resource}, and {listed(names[:3])}{' and others' if len(names) > 3 else ''} have none",
                remedy=f"Let the cluster's administrator take `limits.{resource}` out of the quota, or add a "
                f"LimitRange whose `default` has {resource}",
            )


def _without_limit(resource: str, objects: Items, ranges: Items) -> list[str]:
    """Workloads with a container that has no limit, unless a LimitRange gives it one."""
    for each in _limits(ranges, "Container"):
        if resource in (each.get("default") or {}) or resource in (each.get("max") or {}):
            return []
    return [
        item["metadata"]["name"]
        for item in objects
        for spec in (pod_spec(item),)
        if spec and any(resource not in (at(each, "resources", "limits") or {}) for each in containers(spec))
    ]


def _range(limit_range: Item, objects: Items) -> Iterator[Lack]:
    """What is out of the bounds of a LimitRange."""
    out = []
    for limit in _limits([limit_range], "Container"):
        for item in objects:
            out += [
                f"{item['metadata']['name']} ({_bounds(resources, limit)})"
                for each in containers(pod_spec(item) or {})
                if not _is_within(resources := each.get("resources") or {}, limit)
            ]
    for limit in _limits([limit_range], "PersistentVolumeClaim"):
        for item in objects:
            if item["kind"] == "PersistentVolumeClaim":
                storage = {"memory": str(at(item, "spec", "resources", "requests", "storage"))}
                bounds = {side: {"memory": at(limit, side, "storage")} for side in ("min", "max")}
                bounds = {side: each for side, each in bounds.items() if each["memory"]}
                if not _is_within({"requests": storage}, bounds):
                    out.append(f"volume {item['metadata']['name']} ({storage['memory']})")
    if out:
        metadata = limit_range["metadata"]
        more = f" and {len(out) - 3} others" if len(out) > 3 else ""
        yield Lack(
            key=KEY,
            found=f"LimitRange {metadata['name']} of namespace {metadata['namespace']} refuses "
            f"{', '.join(out[:3])}{more}",
            remedy="Let the cluster's administrator change it, or set sizes within it",
        )


def _is_within(resources: Mapping[str, Any], limit: Mapping[str, Any]) -> bool:
    """Whether requests reach the minimum, and what may be used at most is not over the maximum."""
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    least, most = request(limit.get("min")), request(limit.get("max"))
    asked = request({**limits, **requests})
    used = request({**requests, **limits})
    return all(
        getattr(asked, name) >= getattr(least, name)
        and (name not in (limit.get("max") or {}) or getattr(used, name) <= getattr(most, name))
        for name in ("cpu", "memory")
    )


def _bounds(resources: Mapping[str, Any], limit: Mapping[str, Any]) -> str:
    shown = {**(resources.get("requests") or {}), **(resources.get("limits") or {})}
    return ", ".join(f"{name} {value}" for name, value in shown.items() if name in ("cpu", "memory"))


def _limits(ranges: Items, kind: str) -> list[Item]:
    return [
        limit
        for each in ranges
        for limit in (each.get("spec") or {}).get("limits") or ()
        if limit.get("type") == kind
    ]


def _storage(claim: Item) -> Decimal:
    return _bytes(at(claim, "spec", "resources", "requests", "storage"))


def _bytes(quantity: Any) -> Decimal:
    return request({"memory": quantity}).memory


def _amount(kind: str, value: Any) -> Decimal:
    if kind == "requests.cpu":
        return request({"cpu": value}).cpu
    return Decimal(str(value)) if kind == "persistentvolumeclaims" else _bytes(value)


def _shown(kind: str, amount: Decimal) -> str:
    """An amount in the unit of its kind."""
    if kind in ("requests.cpu", "persistentvolumeclaims"):
        return f"{amount.normalize():f}"
    return str(Requests(memory=amount)).partition(" and ")[2]
