"""Rules for Deployments and their autoscalers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from policies.objects import Object, at, title

Found = Iterator[tuple[Object, str]]
KUBERNETES, KEDA = "HorizontalPodAutoscaler", "ScaledObject"
KEDAS_MOST = 100
"""Pods that KEDA may start where a ScaledObject sets no maxReplicaCount (KEDA's default)."""


def autoscalers(objects: Sequence[Object], target: Object) -> list[Object]:
    """The autoscalers of an object."""
    return [obj for obj in objects if _aims_at(obj, target)]


def least(objects: Sequence[Object], target: Object) -> Any:
    """How many pods of an object there are at least, whoever decides."""
    scalers = autoscalers(objects, target)
    if not scalers:
        return at(target, "spec", "replicas") or 0
    key = "minReplicas" if scalers[0]["kind"] == KUBERNETES else "minReplicaCount"
    return at(scalers[0], "spec", key) or 0


def most(objects: Sequence[Object], target: Object) -> Any:
    """How many pods of an object there may be, whoever decides. An autoscaler leaves 0 alone."""
    scalers, number = autoscalers(objects, target), at(target, "spec", "replicas")
    if number == 0 or not scalers:
        return number or 0
    key = "maxReplicas" if scalers[0]["kind"] == KUBERNETES else "maxReplicaCount"
    return at(scalers[0], "spec", key) or KEDAS_MOST


def one_scaler(objects: Sequence[Object]) -> Found:
    """One alone decides how many pods there are: the object itself, or one autoscaler."""
    for obj in objects:
        scalers = autoscalers(objects, obj)
        if len(scalers) > 1:
            yield obj, f"is scaled by {' and '.join(map(title, scalers))}: keep one of them"
        # Nothing runs where it is 0: an autoscaler leaves it alone, too.
        if scalers and at(obj, "spec", "replicas"):
            yield obj, f"says a number of pods, which {title(scalers[0])} decides: leave `replicas` out"


def _aims_at(scaler: Object, target: Object) -> bool:
    if scaler.get("kind") not in (KUBERNETES, KEDA):
        return False
    aim = at(scaler, "spec", "scaleTargetRef") or {}
    return (aim.get("kind", "Deployment"), aim.get("name")) == (
        target.get("kind"),
        at(target, "metadata", "name"),
    )
