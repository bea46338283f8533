"""Can the cluster choose the numbers of pods that it is told to choose? Rules between autoscaling, volumes,
KEDA and Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.config.datastores.storage import StorageVolumes
from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.rules.sizing import workloads
from openedx_infra.config.sizing.autoscaling import Autoscaling, PoolAutoscaling, WebAutoscaling
from openedx_infra.config.sizing.sizing import Web, WorkerPool
from openedx_infra.config.stack import Stack


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    for location, size in workloads(stack):
        if not isinstance(size, Web | WorkerPool) or size.autoscaling is None:
            continue
        said = size.autoscaling
        where = (*location, "autoscaling")
        if size.replicas is not None:
            text = f"{size.replicas} is said beside `autoscaling`: only one can decide, leave the other out"
            yield Conflict((*location, "replicas"), text, (where,))
        yield from _range(where, said)
        yield from _measures(where, said)
        yield from _keda(stack, where, said)
        yield from _one_node(stack, where, said)


def _range(where: Location, said: WebAutoscaling | PoolAutoscaling) -> Iterator[Conflict]:
    if said.min > said.max:
        text = f"{said.max} is below `min` ({said.min}): raise it"
        yield Conflict((*where, "max"), text, ((*where, "min"),))
    if said.min == 0 and isinstance(said, PoolAutoscaling) and said.queue_length is None:
        text = "0 pods show no load by which to start one: say `queue_length`, or at least 1"
        yield Conflict((*where, "min"), text, ((*where, "queue_length"),))


def _measures(where: Location, said: WebAutoscaling | PoolAutoscaling) -> Iterator[Conflict]:
    if not said.by_resources and not said.needs_keda:
        yield Conflict(where, "nothing counts, so that there were `min` pods for ever: say `cpu_percent`")
    if isinstance(said, WebAutoscaling) and said.requests_query and said.requests_per_second is None:
        text = "is for `requests_per_second`, which is not said: say it, or leave this out"
        yield Conflict((*where, "requests_query"), text, ((*where, "requests_per_second"),))


def _keda(stack: Stack, where: Location, said: Autoscaling) -> Iterator[Conflict]:
    key = "requests_per_second" if isinstance(said, WebAutoscaling) else "queue_length"
    if not said.needs_keda:
        return
    if not stack.cluster.keda:
        text = (
            "needs KEDA: install it in the cluster and say `keda: true` in openedx:cluster, or leave it out"
        )
        yield Conflict((*where, key), text, (("cluster", "keda"),))
    if not isinstance(said, WebAutoscaling):
        return
    if stack.monitoring.prometheus_url is None:
        text = "needs Prometheus: say openedx:monitoring.prometheus_url, or leave it out"
        yield Conflict((*where, key), text, (("monitoring", "prometheus_url"),))
    if stack.ingress.kind == "gateway" and said.requests_query is None:
        text = "missing: only what Traefik and NGINX count with `ingress.kind: ingress` is known here"
        yield Conflict((*where, "requests_query"), text, (("ingress", "kind"),))


def _one_node(stack: Stack, where: Location, said: Autoscaling) -> Iterator[Conflict]:
    """Pods that an autoscaler adds shall find room: with such volumes there is that of one node alone."""
    storage = stack.datastores.storage
    if isinstance(storage, StorageVolumes) and storage.access_mode == "ReadWriteOnce" and said.max > 1:
        text = (
            "adds pods that all had to run on one node, as openedx:datastores.storage.access_mode is "
            "ReadWriteOnce: use ReadWriteMany or buckets, or say `autoscaling: null`"
        )
        yield Conflict(where, text, (("datastores", "storage"),))
