"""What of a stack is ready, and the reason for what is not, read from Kubernetes objects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lightkube.models.apps_v1 import Deployment, DeploymentStatus, StatefulSet, StatefulSetStatus
from lightkube.models.batch_v1 import Job
from lightkube.models.core_v1 import Event, PersistentVolumeClaim, Pod
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta

from openedx_infra.operations.cluster.stuck_pods import is_ready, why_not_ready

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One workload or volume."""

    kind: str
    name: str
    ready: bool
    count: str
    """How much of it is ready, such as `1/2`, or the phase of what has no count."""
    reason: str = ""
    """Why it is not ready; empty when it is."""
    pods: tuple[str, ...] = ()
    """Names of its pods that are not ready."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The objects of a namespace at one moment."""

    deployments: Sequence[Deployment] = ()
    stateful_sets: Sequence[StatefulSet] = ()
    jobs: Sequence[Job] = ()
    claims: Sequence[PersistentVolumeClaim] = ()
    pods: Sequence[Pod] = ()
    events: Sequence[Event] = ()
    other_rows: Sequence[Row] = ()
    """Servers that operators run, CronJobs and autoscalers."""

    def rows(self) -> list[Row]:
        """All workloads and volumes: by kind, then by name."""
        rows = [
            *(self._counted("Deployment", item) for item in self.deployments),
            *(self._counted("StatefulSet", item) for item in self.stateful_sets),
            *(self._job(item) for item in self.jobs),
            *(self._claim(item) for item in self.claims),
            *self.other_rows,
        ]
        return sorted(rows, key=lambda row: (row.kind, row.name))

    def row(self, kind: str, name: str) -> Row | None:
        """The workload of a kind whose name is `name`, or the newest whose name Pulumi made from it."""
        rows = [row for row in self.rows() if row.kind == kind and is_named(row.name, name)]
        created = {_name(job.metadata): _created(job.metadata) for job in self.jobs}
        return max(rows, key=lambda row: created.get(row.name, _BEGINNING), default=None)

    def _counted(self, kind: str, item: Deployment | StatefulSet) -> Row:
        status, spec = item.status, item.spec
        wanted = 1 if spec is None or spec.replicas is None else spec.replicas
        ready = (status.readyReplicas if status else None) or 0
        updated = (status.updatedReplicas if status else None) or 0
        seen = bool(status and (status.observedGeneration or 0) >= (_generation(item.metadata)))
        done = seen and ready >= wanted and updated >= wanted
        pods = self._pods(spec.selector if spec else None)
        reason = "" if done else self._why(kind, item.metadata, pods) or _conditions(status) or "rolling out"
        return Row(
            kind=kind,
            name=_name(item.metadata),
            ready=done,
            count=f"{min(ready, updated)}/{wanted}",
            reason=reason,
            pods=_unready(pods),
        )

    def _job(self, job: Job) -> Row:
        ended, message = ending(job)
        name, done, failed = _name(job.metadata), ended == "Complete", ended == "Failed"
        pods = self._pods(job.spec.selector if job.spec else None)
        why = self._why("Job", job.metadata, pods)
        if failed:
            why = "; ".join(part for part in (message, why) if part)
        count = "complete" if done else "failed" if failed else "running"
        reason = "" if done else why or "its pod has not finished"
        return Row(kind="Job", name=name, ready=done, count=count, reason=reason, pods=_unready(pods))

    def _claim(self, claim: PersistentVolumeClaim) -> Row:
        phase = (claim.status.phase if claim.status else None) or "Pending"
        done = phase == "Bound"
        reason = (
            ""
            if done
            else self._last_event("PersistentVolumeClaim", _name(claim.metadata)) or "no volume yet"
        )
        return Row(
            kind="PersistentVolumeClaim",
            name=_name(claim.metadata),
            ready=done,
            count=phase.lower(),
            reason=reason,
        )

    def _pods(self, selector: LabelSelector | None) -> list[Pod]:
        wanted = (selector.matchLabels if selector else None) or {}
        return [pod for pod in self.pods if wanted and wanted.items() <= _labels(pod.metadata).items()]

    def _why(self, kind: str, meta: ObjectMeta | None, pods: Sequence[Pod]) -> str:
        """The first thing that explains: a container, a pod's condition, or the last warning about one."""
        for pod in pods:
            if why := why_not_ready(pod) or (
                "" if is_ready(pod) else self._last_event("Pod", _name(pod.metadata))
            ):
                return f"{_name(pod.metadata)}: {why}"
        return self._last_event(kind, _name(meta))

    def _last_event(self, kind: str, name: str) -> str:
        """The last warning about an object, or about a Deployment's ReplicaSet, where making pods fails."""
        about = [event for event in self.events if event.type == "Warning" and _is_about(event, kind, name)]
        last = max(about, key=time_of, default=None)
        return f"{last.reason}: {last.message}" if last else ""


def ending(job: Job) -> tuple[str, str]:
    """How a Job ended, `Complete` or `Failed`, and the reason; two empty strings while it runs."""
    for condition in (job.status.conditions if job.status else None) or ():
        if condition.status == "True" and condition.type in ("Complete", "Failed"):
            return condition.type, f"{condition.reason}: {condition.message}"
    return "", ""


def _conditions(status: DeploymentStatus | StatefulSetStatus | None) -> str:
    """Conditions of a Deployment that can't create pods or gave up waiting."""
    conditions = (status.conditions if isinstance(status, DeploymentStatus) else None) or ()
    bad = {"ReplicaFailure": "True", "Progressing": "False"}
    return "; ".join(f"{c.reason}: {c.message}" for c in conditions if c.type and bad.get(c.type) == c.status)


def _is_about(event: Event, kind: str, name: str) -> bool:
    about = event.involvedObject
    if about.kind == "ReplicaSet" and kind == "Deployment":
        return (about.name or "").rpartition("-")[0] == name
    return about.kind == kind and about.name == name


def time_of(event: Event) -> datetime:
    """When the event was seen last."""
    return event.lastTimestamp or event.eventTime or event.firstTimestamp or _BEGINNING


def _unready(pods: Iterable[Pod]) -> tuple[str, ...]:
    return tuple(_name(pod.metadata) for pod in pods if not is_ready(pod))


def is_named(name: str, logical: str) -> bool:
    """Whether a name is a logical one, or made from it by Pulumi: a dash and eight hexadecimal digits."""
    return re.fullmatch(rf"{re.escape(logical)}(-[0-9a-f]{{8}})?", name) is not None


def _name(meta: ObjectMeta | None) -> str:
    return (meta.name if meta else None) or ""


def _labels(meta: ObjectMeta | None) -> Mapping[str, str]:
    return (meta.labels if meta else None) or {}


def _created(meta: ObjectMeta | None) -> datetime:
    return (meta.creationTimestamp if meta else None) or _BEGINNING


def _generation(meta: ObjectMeta | None) -> int:
    return (meta.generation if meta else None) or 0
