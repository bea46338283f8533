"""Room on the nodes: what the pods of a stack request, against what the nodes have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from openedx_infra.operations.offline.requests import Requests, pod_request, pods_of, request
from openedx_infra.operations.prerequisites.facts import Facts, Item, Items
from openedx_infra.operations.prerequisites.lack import Lack, listed
from policies.objects import pod_spec

KEY = "openedx:sizing"
_AUTOSCALING_GROUPS = ("karpenter.sh", "eks.amazonaws.com")
"""API groups of clusters that add nodes when pods wait: Karpenter, and EKS Auto Mode, which is made of it."""
_OWN_MACHINES = ("", "k3s", "rke2", "kind", "kwok", "k0s", "microk8s")
"""Providers of nodes, by the scheme of their providerID, that never add any by themselves."""
_PASSING = (
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/network-unavailable",
)
"""Taints that go when a node is back."""


@dataclass(frozen=True, kw_only=True)
class _Load:
    """Pods that are alike."""

    name: str
    """Name of their workload."""
    pod: Requests
    count: int
    """How many run all the time."""
    beside: str | None
    """The labels of the pods whose node they must share, as JSON."""

    @property
    def total(self) -> Requests:
        return self.pod * self.count


def problems(objects: Items, facts: Facts) -> Iterator[Lack]:
    """What can't fit on the nodes, however it is arranged. Where nodes may be added, it is a note."""
    if facts.nodes is None:
        return
    grows = _may_grow(facts)
    nodes = [node for node in facts.nodes if _is_usable(node)]
    if not nodes:
        count = len(facts.nodes)
        found = f"none of the cluster's {count} nodes takes pods" if count else "the cluster has no node"
        remedy = "Uncordon a node, or add one without taints (`kubectl get nodes`)"
        yield Lack(key="nodes", found=found, remedy=remedy, fatal=not grows)
        return
    loads = list(_loads(objects))
    yield from _whole(loads, nodes, objects, facts, grows)
    yield from _groups(loads, nodes, grows)


def _whole(loads: Sequence[_Load], nodes: Items, objects: Items, facts: Facts, grows: bool) -> Iterator[Lack]:
    """The sum of what runs all the time, against what others leave of the nodes."""
    if facts.pods is None:
        return
    own = {each["metadata"].get("namespace") for each in objects}
    names = {node["metadata"]["name"] for node in nodes}
    others = [
        pod
        for pod in facts.pods
        if pod["spec"].get("nodeName") in names
        and pod["metadata"].get("namespace") not in own
        and not _is_of_job(pod)
    ]
    has, taken = _sum(map(_allocatable, nodes)), _sum(pod_request(pod["spec"]) for pod in others)
    wanted, count = _sum(load.total for load in loads), sum(load.count for load in loads)
    slots = sum(int(_of_node(node).get("pods") or 0) for node in nodes)
    if not (wanted + taken).fits(has):
        yield _lack(
            f"the pods of the stack request {wanted}, and {_nodes(len(nodes))} {has}, of which other pods "
            f"request {taken}",
            grows,
        )
    elif count + len(others) > slots:
        yield _lack(
            f"the stack has {count} pods, and {_nodes(len(nodes))} room for {slots}, of which {len(others)} "
            "are others'",
            grows,
        )


def _groups(loads: Sequence[_Load], nodes: Items, grows: bool) -> Iterator[Lack]:
    """The biggest pod, and pods that must share a node, against each node as it is when empty."""
    shared: dict[str, list[_Load]] = {}
    for load in loads:
        if load.beside and load.count:
            shared.setdefault(load.beside, []).append(load)
    groups = [
        *((f"a pod of {load.name} requests", load.pod) for load in loads),
        *(
            (
                f"the pods of {listed(sorted(load.name for load in group))} must run on one node, as they "
                "share a volume, and request",
                _sum(load.total for load in group),
            )
            for group in shared.values()
        ),
    ]
    sizes = [_allocatable(node) for node in nodes]
    tight = [(words, each) for words, each in groups if not any(each.fits(size) for size in sizes)]
    if tight:
        words, asked = max(tight, key=lambda each: (each[1].memory, each[1].cpu))
        largest = max(sizes, key=lambda size: (size.memory, size.cpu))
        yield _lack(f"{words} {asked}, and the largest node has {largest}", grows)


def _lack(found: str, grows: bool) -> Lack:
    if grows:
        remedy = "The cluster seems to add nodes by itself: it must add some"
    else:
        remedy = "Add a node, or set smaller sizes, fewer replicas or a smaller `profile`"
    return Lack(key=KEY, found=found, remedy=remedy, fatal=not grows)


def _loads(objects: Items) -> Iterator[_Load]:
    """All pods, also those that operators make of custom resources. Jobs run when they run: they only have to
    fit on a node."""
    for item in objects:
        spec = pod_spec(item)
        for pod, count in pods_of(objects, item):
            yield _Load(
                name=item["metadata"]["name"], pod=pod, count=count, beside=_beside(spec) if spec else None
            )


def _beside(spec: Item) -> str | None:
    affinity = (spec.get("affinity") or {}).get("podAffinity") or {}
    terms = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or ()
    return next((json.dumps(term["labelSelector"], sort_keys=True) for term in terms), None)


def _allocatable(node: Item) -> Requests:
    return request(_of_node(node))


def _of_node(node: Item) -> Item:
    status: Item = node.get("status") or {}
    return status.get("allocatable") or status.get("capacity") or {}


def _sum(amounts: Iterable[Requests]) -> Requests:
    return sum(amounts, start=Requests())


def _nodes(count: int) -> str:
    return "the only node has" if count == 1 else f"the {count} nodes have"


def _is_usable(node: Item) -> bool:
    """Whether pods without tolerations may run there, now or when it is back."""
    spec = node.get("spec") or {}
    taints = [
        taint
        for taint in spec.get("taints") or ()
        if taint.get("effect") != "PreferNoSchedule" and taint.get("key") not in _PASSING
    ]
    return not spec.get("unschedulable") and not taints


def _is_of_job(pod: Item) -> bool:
    return any(owner.get("kind") == "Job" for owner in pod["metadata"].get("ownerReferences") or ())


def _may_grow(facts: Facts) -> bool:
    """Whether nodes may be added when pods wait: an autoscaler that shows, or a cloud, where it may not."""
    providers = {
        str((node.get("spec") or {}).get("providerID") or "").partition(":")[0] for node in facts.nodes or ()
    }
    return (
        facts.autoscaler
        or bool(facts.groups & set(_AUTOSCALING_GROUPS))
        or not providers <= set(_OWN_MACHINES)
    )
