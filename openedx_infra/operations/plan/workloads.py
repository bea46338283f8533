"""Images and sizes of workloads that would change, and which pods restart because of a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openedx_infra.operations.cluster import operator_status
from openedx_infra.operations.plan.differences import ABSENT, Difference, differences
from openedx_infra.operations.plan.objects import ObjectChange

SOURCE = "docs/faults.md"
"""Where the measured seconds stand."""

OUTAGES = {
    "mysql": (7, "pages fail"),
    "mongodb": (11, "course content fails"),
    "broker": (7, "pages that start tasks fail, and tasks wait"),
}
"""Seconds for which a server of one pod is missed when it restarts, and what visitors notice.

Measured by tests with real containers, which kill it (SOURCE). A planned restart ends more gently, and
an image that has to be pulled first takes longer."""

_GUESS = 10
"""The same for other servers of one pod. A guess, by the measured ones."""

_PATIENT = {
    "cache": "pages are slower",
    "meilisearch": "search fails",
    "lms-beat": "scheduled tasks wait",
    "smtp": "mail waits",
}
"""What visitors notice of those."""


_INPUTS = {
    "openedx.org/release": "the release changes",
    "openedx.org/apps": "Django apps may change",
    "openedx.org/settings": "settings that it acts on change",
    "openedx.org/search": "the search server changes",
}
"""Annotations of Jobs that hold what they act on, and what it means when one changes."""


@dataclass(frozen=True, kw_only=True)
class WorkloadChange:
    """An image or a size of some workloads."""

    workloads: tuple[str, ...]
    """Such as `Deployment lms`."""
    difference: Difference


@dataclass(frozen=True, kw_only=True)
class Restart:
    """A workload whose pods are replaced, begin or end."""

    kind: str
    name: str
    how: str
    """`rolls over`, `restarts`, `one pod after another`, `runs`, `starts` or `stops`."""
    notice: str
    """What visitors notice."""
    seconds: int = 0
    """For how long."""
    source: str = ""
    """Where the seconds come from; empty when there are none."""
    why: str = ""
    """Why a Job runs again, where it is for a setting, a release or a search server; empty otherwise."""

    @property
    def effect(self) -> str:
        """What happens and who notices, in words."""
        lasts = f" for about {self.seconds} s ({self.source})" if self.seconds else ""
        why = f", as {self.why}" if self.why else ""
        return f"{self.how}{why}: {self.notice}{lasts}"


def image_changes(objects: Iterable[ObjectChange]) -> list[WorkloadChange]:
    """Images that differ, each with all workloads that run it."""
    return _grouped(
        (str(each.urn), Difference(path=(_repository(now),), before=before, now=now))
        for each in objects
        for before, now in _images(each)
    )


def size_changes(objects: Iterable[ObjectChange]) -> list[WorkloadChange]:
    """Replicas, requests, limits and volumes that differ, each with all workloads of which that is true."""
    return _grouped((str(each.urn), size) for each in objects if each.op == "update" for size in _sizes(each))


def restarts(objects: Iterable[ObjectChange]) -> list[Restart]:
    """Which pods restart, begin, end or run once, and what visitors notice of it."""
    return [restart for each in objects if (restart := _restart(each))]


def _grouped(items: Iterable[tuple[str, Difference]]) -> list[WorkloadChange]:
    groups: dict[str, tuple[list[str], Difference]] = {}
    for workload, difference in items:
        key = repr((difference.path, difference.before, difference.now))
        names, _ = groups.setdefault(key, ([], difference))
        if workload not in names:
            names.append(workload)
    return [WorkloadChange(workloads=tuple(names), difference=each) for names, each in groups.values()]


def _images(change: ObjectChange) -> Iterator[tuple[str, str]]:
    before, now = (_containers(each) for each in (change.before, change.now))
    for name, container in now.items():
        old, new = before.get(name, {}).get("image"), container.get("image")
        if isinstance(old, str) and isinstance(new, str) and old != new:
            yield old, new


def _repository(image: str) -> str:
    """An image's own name, without registry, tag and digest."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _sizes(change: ObjectChange) -> Iterator[Difference]:
    before, now = change.before.get("spec") or {}, change.now.get("spec") or {}
    yield from differences(before.get("replicas", ABSENT), now.get("replicas", ABSENT), ("replicas",))
    if change.urn.kind == "HorizontalPodAutoscaler":
        for key in ("minReplicas", "maxReplicas"):
            yield from differences(before.get(key, ABSENT), now.get(key, ABSENT), (key,))
    if change.urn.kind == "PersistentVolumeClaim":
        yield from differences(before.get("resources", {}), now.get("resources", {}))
    olds = _containers(change.before)
    for name, container in _containers(change.now).items():
        if name in olds:
            path = () if len(olds) == 1 else (name,)
            yield from differences(olds[name].get("resources", {}), container.get("resources", {}), path)


def _template(item: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = item.get("spec") or {}
    if "jobTemplate" in spec:
        spec = spec["jobTemplate"].get("spec") or {}
    template = spec.get("template")
    return template if isinstance(template, Mapping) else {}


def _containers(item: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    spec = _template(item).get("spec") or {}
    return {each["name"]: each for key in ("initContainers", "containers") for each in spec.get(key) or ()}


def _restart(change: ObjectChange) -> Restart | None:
    kind, name = change.urn.kind, change.urn.name
    if kind == "Job" and change.op in ("create", "replace"):
        return Restart(kind=kind, name=name, how="runs", notice="nobody notices", why=_why(change))
    if kind in operator_status.NAMES and change.op == "update":
        how = "its operator restarts its members one after another"
        return Restart(kind=kind, name=name, how=how, notice="nobody notices where it has several")
    if kind not in ("Deployment", "StatefulSet"):
        return None
    if change.op == "create":
        return Restart(kind=kind, name=name, how="starts", notice="nobody notices")
    if change.op == "delete":
        return Restart(kind=kind, name=name, how="stops", notice="what it served is gone")
    same = _template(change.before) == _template(change.now)
    before, now = (_replicas(each) for each in (change.before, change.now))
    if now == 0 and before:
        return Restart(kind=kind, name=name, how="stops", notice="what it served is gone until it starts")
    if before == 0 and now:
        return Restart(kind=kind, name=name, how="starts", notice="nobody notices")
    return None if (same and change.op == "update") or not now else _rolling(change, now)


def _why(change: ObjectChange) -> str:
    """What of a Job's own annotations makes it run again, in words."""
    before, now = (
        (_template(each).get("metadata") or {}).get("annotations") or {}
        for each in (change.before, change.now)
    )
    reasons = []
    if change.op == "replace":
        for key, words in _INPUTS.items():
            old, new = (str(each.get(key, "")).split() for each in (before, now))
            if old != new:
                names = sorted({item.partition("=")[0] for item in {*old} ^ {*new} if "=" in item})
                reasons.append(f"{words} ({', '.join(names)})" if names else words)
    return " and ".join(reasons)


def _rolling(change: ObjectChange, replicas: int) -> Restart:
    kind, name = change.urn.kind, change.urn.name
    strategy = (change.now.get("spec") or {}).get("strategy") or {}
    rolling = kind == "Deployment" and strategy.get("type") != "Recreate" and change.op == "update"
    # Kubernetes' own default, a quarter rounded down, is none of three pods; of more, the others serve.
    if rolling and not (strategy.get("rollingUpdate") or {}).get("maxUnavailable", 0):
        return Restart(kind=kind, name=name, how="rolls over", notice="nobody notices")
    if replicas > 1 and change.op == "update" and (rolling or kind == "StatefulSet"):
        return Restart(kind=kind, name=name, how="one pod after another", notice="nobody notices")
    seconds, notice = OUTAGES.get(name, (_GUESS, _PATIENT.get(name, "what it serves is missing")))
    source = f"measured, {SOURCE}" if name in OUTAGES else "a guess"
    return Restart(kind=kind, name=name, how="restarts", notice=notice, seconds=seconds, source=source)


def _replicas(item: Mapping[str, Any]) -> int:
    """Replicas; 1 where an autoscaler decides."""
    count = (item.get("spec") or {}).get("replicas", 1)
    return int(count) if isinstance(count, int | float) else 1
