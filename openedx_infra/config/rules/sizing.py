"""Rules on sizes: limits, requests, queues, grace periods and autoscaling."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from openedx_infra.config.datastores.storage import StorageVolumes
from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.errors.messages import written
from openedx_infra.config.sections.parts.event_sinks import QUEUE
from openedx_infra.config.sizing.autoscaling import Autoscaling, PoolAutoscaling, WebAutoscaling
from openedx_infra.config.sizing.sizing import Resources, Web, WorkerPool
from openedx_infra.config.stack import Stack
from openedx_infra.config.types.quantities import cpu_cores, memory_bytes

_FLOORS = {
    "lms": "768Mi",
    "studio": "768Mi",
    "beat": "384Mi",
    "jobs": "1Gi",
    "mysql": "512Mi",
    "mongodb": "256Mi",
}
"""Least memory limits. A guess: edx-platform takes some 400 MB a process before its first request, and MySQL
and MongoDB start with less but are killed at the first migration. Lower them if you measure lower."""
_POOL_FLOOR = "512Mi"


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    for location, resources in workloads(stack):
        yield from _limits(location, resources)
    yield from _queues(stack)
    yield from _graces(stack)
    yield from _nodes(stack)
    yield from _autoscaling(stack)


def workloads(stack: Stack) -> Iterator[tuple[Location, Resources]]:
    """Every workload's size, with its location in the stack file."""
    for name in type(stack.sizing).model_fields:
        value = getattr(stack.sizing, name)
        if isinstance(value, Resources):
            yield ("sizing", name), value
        elif isinstance(value, dict):
            yield from ((("sizing", name, pool), size) for pool, size in value.items())
    for name, container in stack.extras.containers.items():
        yield ("extras", "containers", name, "size"), container.size


def _limits(location: Location, size: Resources) -> Iterator[Conflict]:
    if size.cpu_limit and cpu_cores(size.cpu_limit) < cpu_cores(size.cpu):
        text = f"{size.cpu_limit} is below `cpu` ({size.cpu}): raise the limit, or leave it out"
        yield Conflict((*location, "cpu_limit"), text, ((*location, "cpu"),))
    limit = size.memory_ceiling
    if memory_bytes(limit) < memory_bytes(size.memory):
        text = f"{limit} is below `memory` ({size.memory}): raise the limit"
        yield Conflict((*location, "memory_limit"), text, ((*location, "memory"),))
    floor = _POOL_FLOOR if len(location) == 3 else _FLOORS.get(str(location[1]))
    if floor and memory_bytes(limit) < memory_bytes(floor):
        key = "memory_limit" if size.memory_limit else "memory"
        text = f"{limit} is not enough to start with: give it at least {floor}"
        yield Conflict((*location, key), text, (location,))


def _queues(stack: Stack) -> Iterator[Conflict]:
    release = stack.pinned_release
    for name, pools, queues in (
        ("lms_workers", stack.sizing.lms_workers, release.lms_queues),
        ("studio_workers", stack.sizing.studio_workers, release.studio_queues),
    ):
        more = (QUEUE,) if stack.event_sinks.has_tasks else ()
        yield from _unserved(("sizing", name), pools, queues, more)


def _unserved(
    location: Location, pools: dict[str, WorkerPool], queues: tuple[str, ...], more: tuple[str, ...]
) -> Iterator[Conflict]:
    """Queues that no release has, and those without a pool. `more` are queues that need none."""
    reads: tuple[Location, ...] = (location, ("release",))
    for name, pool in pools.items():
        for index, queue in enumerate(pool.queues):
            if queue == QUEUE and queue not in more:
                text = "is the queue of openedx:event_sinks, which has no sink with tasks: leave it out"
                yield Conflict((*location, name, "queues", index), text, (("event_sinks",),))
            elif queue not in (*queues, *more):
                text = f"{written(queue)} is no queue of this release: it has {', '.join((*queues, *more))}"
                yield Conflict((*location, name, "queues", index), text, reads)
    served = {queue for pool in pools.values() for queue in pool.queues}
    for queue in queues:
        if queue not in served:
            text = (
                f"no pool serves the queue {queue}, so its tasks would wait forever: add it to a pool's "
                "`queues`"
            )
            yield Conflict(location, text, reads)


def _graces(stack: Stack) -> Iterator[Conflict]:
    timeout = stack.datastores.broker.visibility_timeout_seconds
    for location, pool in workloads(stack):
        if isinstance(pool, WorkerPool) and pool.grace_seconds > timeout:
            yield Conflict(
                (*location, "grace_seconds"),
                f"{pool.grace_seconds} is more than openedx:datastores.broker.visibility_timeout_seconds "
                f"({timeout}), "
                "after which the broker gives a running task to a second worker: lower the one or raise "
                "the other",
                (("datastores", "broker", "visibility_timeout_seconds"),),
            )


def _nodes(stack: Stack) -> Iterator[Conflict]:
    """ReadWriteOnce volumes keep all pods on one node: only many replicas are an error."""
    storage = stack.datastores.storage
    replicas = stack.sizing.lms.least
    if isinstance(storage, StorageVolumes) and storage.access_mode == "ReadWriteOnce" and replicas > 8:
        text = (
            f"{replicas} pods would share one node, as openedx:datastores.storage.access_mode is "
            "ReadWriteOnce: use ReadWriteMany, or at most 8"
        )
        yield Conflict(("sizing", "lms", "replicas"), text, (("datastores", "storage", "access_mode"),))


def _autoscaling(stack: Stack) -> Iterator[Conflict]:
    for location, size in workloads(stack):
        if not isinstance(size, Web | WorkerPool) or size.autoscaling is None:
            continue
        autoscaling = size.autoscaling
        where = (*location, "autoscaling")
        if size.replicas is not None:
            text = f"{size.replicas} is set beside `autoscaling`, but only one can decide: remove one of them"
            yield Conflict((*location, "replicas"), text, (where,))
        yield from _range(where, autoscaling)
        yield from _measures(where, autoscaling)
        yield from _keda(stack, where, autoscaling)
        yield from _one_node(stack, where, autoscaling)


def _range(where: Location, scaling: WebAutoscaling | PoolAutoscaling) -> Iterator[Conflict]:
    if scaling.min > scaling.max:
        text = f"{scaling.max} is below `min` ({scaling.min}): raise it"
        yield Conflict((*where, "max"), text, ((*where, "min"),))
    if scaling.min == 0 and isinstance(scaling, PoolAutoscaling) and scaling.queue_length is None:
        text = "0 pods show no load that could start one: set `queue_length`, or at least 1"
        yield Conflict((*where, "min"), text, ((*where, "queue_length"),))


def _measures(where: Location, scaling: WebAutoscaling | PoolAutoscaling) -> Iterator[Conflict]:
    if not scaling.by_resources and not scaling.needs_keda:
        yield Conflict(where, "measures nothing, so there would always be `min` pods: set `cpu_percent`")
    if isinstance(scaling, WebAutoscaling) and scaling.requests_query and scaling.requests_per_second is None:
        text = "is for `requests_per_second`, which is not set: set it, or leave this out"
        yield Conflict((*where, "requests_query"), text, ((*where, "requests_per_second"),))


def _keda(stack: Stack, where: Location, scaling: Autoscaling) -> Iterator[Conflict]:
    key = "requests_per_second" if isinstance(scaling, WebAutoscaling) else "queue_length"
    if not scaling.needs_keda:
        return
    if not stack.cluster.keda:
        text = (
            "needs KEDA: install it in the cluster and set `keda: true` in openedx:cluster, or leave it out"
        )
        yield Conflict((*where, key), text, (("cluster", "keda"),))
    if not isinstance(scaling, WebAutoscaling):
        return
    if stack.monitoring.prometheus_url is None:
        text = "needs Prometheus: set openedx:monitoring.prometheus_url, or leave it out"
        yield Conflict((*where, key), text, (("monitoring", "prometheus_url"),))
    elif "." not in (urlsplit(stack.monitoring.prometheus_url).hostname or ""):
        text = (
            f"{stack.monitoring.prometheus_url} has no namespace, and KEDA looks names up in its own: write "
            "http://SERVICE.NAMESPACE:PORT"
        )
        yield Conflict(("monitoring", "prometheus_url"), text, ((*where, key),))
    if stack.ingress.kind == "gateway" and scaling.requests_query is None:
        text = "missing: it has a default only for Traefik and NGINX with `ingress.kind: ingress`: set it"
        yield Conflict((*where, "requests_query"), text, (("ingress", "kind"),))


def _one_node(stack: Stack, where: Location, scaling: Autoscaling) -> Iterator[Conflict]:
    """ReadWriteOnce volumes keep all pods on one node, so added pods would find no more room."""
    storage = stack.datastores.storage
    if isinstance(storage, StorageVolumes) and storage.access_mode == "ReadWriteOnce" and scaling.max > 1:
        text = (
            "would add pods that must all run on one node, as openedx:datastores.storage.access_mode is "
            "ReadWriteOnce: use ReadWriteMany or buckets, or set `autoscaling: null`"
        )
        yield Conflict(where, text, (("datastores", "storage"),))
