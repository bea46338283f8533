"""What the pods of an instance reserve on nodes, added up from its Kubernetes objects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openedx_infra.config.sections.cluster import Nodes
from openedx_infra.config.types.quantities import memory_bytes
from policies.objects import Object, at, pod_spec
from policies.scaling import least

_GIB = 2**30
_ENDING = ("Job", "CronJob")
_PLAIN, _MEMORY = re.compile(r"[0-9]+m?"), re.compile(r"[0-9]+(Ki|Mi|Gi|Ti)")
"""Quantities as stack files and this program write them."""
_COUNTS = ("size", "replicas", "clusterSize")
"""Keys of operators' custom resources that hold a number of pods."""


@dataclass(frozen=True, kw_only=True)
class Requests:
    """CPU and memory that the scheduler reserves."""

    cpu: Decimal = Decimal(0)
    """Cores."""
    memory: Decimal = Decimal(0)
    """Bytes."""

    def __add__(self, other: Requests) -> Requests:
        return Requests(cpu=self.cpu + other.cpu, memory=self.memory + other.memory)

    def __mul__(self, count: int) -> Requests:
        return Requests(cpu=self.cpu * count, memory=self.memory * count)

    def __or__(self, other: Requests) -> Requests:
        """The larger of the two, for CPU and memory each."""
        return Requests(cpu=max(self.cpu, other.cpu), memory=max(self.memory, other.memory))

    def fits(self, other: Requests) -> bool:
        """Whether there is room for it in another."""
        return self.cpu <= other.cpu and self.memory <= other.memory

    def __str__(self) -> str:
        return f"{self.cpu.normalize():f} cores and {self.memory / _GIB:.2f} GiB"


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """What an instance reserves."""

    running: Requests
    """All pods that run until they are replaced, with the fewest that autoscalers leave."""
    passing: Requests
    """The most that one more pod takes for a while: of a Job, a scheduled command, or a roll-out. Several
    wait for each other."""
    largest: Requests
    """The largest single pod, which one node must have room for."""

    @property
    def peak(self) -> Requests:
        """What must be free for all that ever runs."""
        return self.running + self.passing


def reservation(objects: Sequence[Object]) -> Reservation:
    """What the pods of these objects reserve."""
    running, passing, largest = Requests(), Requests(), Requests()
    for obj in objects:
        for pod, count in pods_of(objects, obj):
            largest |= pod
            running += pod * count
            if obj["kind"] in (*_ENDING, "Deployment"):
                passing |= pod
    return Reservation(running=running, passing=passing, largest=largest)


def problems(objects: Sequence[Object], nodes: Nodes | None) -> list[str]:
    """One line if the nodes that a stack file states have no room for its pods."""
    if nodes is None:
        return []
    reserved = reservation(objects)
    node = request({"cpu": nodes.cpu, "memory": nodes.memory})
    remedy = (
        "choose a smaller `sizing.profile` or smaller sizes, or larger nodes, and state here what they have"
    )
    if not reserved.peak.fits(node * nodes.count):
        return [
            f"openedx:cluster.nodes: {nodes.count} x {node} have no room for the pods: they reserve "
            f"{reserved.running}, and Jobs and roll-outs up to {reserved.passing} beside them: {remedy}"
        ]
    if not reserved.largest.fits(node):
        return [
            f"openedx:cluster.nodes: no node of {node} has room for the largest pod, which reserves up to "
            f"{reserved.largest}: {remedy}"
        ]
    return []


def pods_of(objects: Sequence[Object], obj: Object) -> Iterator[tuple[Requests, int]]:
    """What one pod reserves, and how many pods always run."""
    spec = pod_spec(obj)
    if spec is not None:
        yield pod_request(spec), 0 if obj["kind"] in _ENDING else int(least(objects, obj))
    elif at(obj, "spec", "crVersion") or str(obj.get("apiVersion", "")).partition("/")[0].count(".") >= 2:
        yield from _operated(obj.get("spec"))


def pod_request(spec: Object) -> Requests:
    """As the scheduler counts: all containers, or the largest that runs before them."""
    together, before = Requests(), Requests()
    for container in spec.get("containers") or ():
        together += request(at(container, "resources", "requests"))
    for container in spec.get("initContainers") or ():
        if container.get("restartPolicy") == "Always":
            together += request(at(container, "resources", "requests"))
        else:
            before |= request(at(container, "resources", "requests"))
    return together | before


def _operated(spec: Any, count: int = 1) -> Iterator[tuple[Requests, int]]:
    """Pods that an operator makes of a custom resource: whatever has `resources`, as often as the number
    beside it or around it tells."""
    if isinstance(spec, list):
        for inner in spec:
            yield from _operated(inner, count)
    if not isinstance(spec, Mapping):
        return
    count = next((int(spec[key]) for key in _COUNTS if key in spec), count)
    requests = at(spec, "resources", "requests")
    if isinstance(requests, Mapping) and ("cpu" in requests or "memory" in requests):
        yield request(requests), count
    for inner in spec.values():
        yield from _operated(inner, count)


def request(requests: Any) -> Requests:
    """CPU and memory of a map of quantities, such as requests of a container; what is not in it is 0."""
    quantities = requests if isinstance(requests, Mapping) else {}
    amounts = {name: _amount(str(quantities[name])) for name in ("cpu", "memory") if name in quantities}
    return Requests(**amounts)


def _amount(quantity: str) -> Decimal:
    """What a quantity stands for, in whichever of Kubernetes' forms."""
    if _PLAIN.fullmatch(quantity):
        return Decimal(quantity.removesuffix("m")) / (1000 if quantity.endswith("m") else 1)
    if _MEMORY.fullmatch(quantity):
        return Decimal(memory_bytes(quantity))
    # Only overrides have other forms, and lightkube takes as long to load as all of an instance's objects.
    from lightkube.utils.quantity import parse_quantity

    return parse_quantity(quantity) or Decimal(0)
