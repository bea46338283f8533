"""Why a pod is pending or not ready, and whether it can still become so, judged from the pod alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lightkube.models.core_v1 import (
    Container,
    ContainerStateTerminated,
    ContainerStatus,
    Pod,
    PodCondition,
    PodStatus,
    Probe,
)

from openedx_infra.operations.cluster.exit_codes import hint

PULL_SECONDS = 30.0
"""How long an image may be impossible to pull: the kubelet has tried three times by then (after 0, 10 and
30 s: its back-off begins with 10 s and doubles), so a single failure of the registry is forgiven."""

CONFIG_SECONDS = 20.0
"""How long a container may lack what its specification names: the graph makes Secrets and ConfigMaps before
their pods, so it is the cluster's caches alone that may be late. A guess; they are late by about a second."""

NEVER_SECONDS = 5.0
"""How long a problem that no retry can solve must last: it may be a remnant of earlier pods."""

CRASHES = 3
"""After how many restarts a container that crashes is given up: half a minute of trying, as the kubelet waits
0, 10 and 20 s before them. What crashes because its database is late by seconds survives that."""

OOM_KILLS = 2
"""After how many restarts a container that needs more memory than its limit is given up."""

ROOM_SECONDS = 300.0
"""How long a pod may find no node: autoscalers of nodes need one to four minutes for a new one (a guess from
what their users report), and evicted pods make room within their grace."""

START_SECONDS = 300.0
"""How long a container without a startup probe may run before it is ready; one with a probe may take as long
as its probe lets it. The platform's own web pods say 300 s."""

MARGIN_SECONDS = 30.0
"""What is added to a container's time to start: probes are not punctual."""

RETRY_SECONDS = 330.0
"""How long a pod that was broken before this run may take to recover: the kubelet waits up to 300 s between
two attempts, and the operator may just have removed the cause."""


@dataclass(frozen=True, kw_only=True)
class PodProblem:
    """What keeps a pod from becoming ready."""

    family: str
    """Its sort: reasons that alternate, such as ErrImagePull and ImagePullBackOff, are one."""
    reason: str
    """Kubernetes' reason, such as ImagePullBackOff."""
    message: str
    """Kubernetes' message about it."""
    patience: float | None
    """Seconds after which it is hopeless. None: never by itself."""
    container: str = ""
    """Name of the container; empty when it is the pod as a whole."""


def why_not_ready(pod: Pod) -> str:
    """What keeps a pod from starting or running, in the cluster's words; empty when nothing does."""
    status = pod.status
    if status is None:
        return ""
    if why := next(filter(None, map(_why_container, _containers(status))), ""):
        return why
    if unscheduled := _unscheduled(status):
        return f"{unscheduled.reason}: {unscheduled.message}"
    if status.phase == "Failed":
        return f"{status.reason or 'Failed'}: {status.message or 'the pod failed'}"
    return ""


def _why_container(container: ContainerStatus) -> str:
    waiting = container.state.waiting if container.state else None
    ended = _ended(container)
    crashed = ""
    if ended and ended.exitCode:
        # The reason of a container that ended by itself is always Error: its message says more.
        causes = [ended.reason if ended.reason != "Error" or not ended.message else "", ended.message]
        how = ": ".join(cause.strip() for cause in causes if cause)
        crashed = f"container {container.name} ended with code {ended.exitCode} ({how})"
        if why := hint(ended.exitCode, container.image):
            crashed = f"{crashed}: {why}"
    if waiting and waiting.reason not in (None, "ContainerCreating", "PodInitializing"):
        return "; ".join(
            part for part in (f"{waiting.reason}: {waiting.message or container.image}", crashed) if part
        )
    return crashed if not container.ready else ""


def is_ready(pod: Pod) -> bool:
    """Whether a pod is ready, or has done its work."""
    status = pod.status
    return status is not None and (status.phase == "Succeeded" or _has(status, "Ready"))


def _has(status: PodStatus, condition: str) -> bool:
    return any(each.type == condition and each.status == "True" for each in status.conditions or ())


def _unscheduled(status: PodStatus) -> PodCondition | None:
    """The condition of a pod that no node takes."""
    conditions = status.conditions or ()
    return next((each for each in conditions if each.type == "PodScheduled" and each.status == "False"), None)


def _containers(status: PodStatus) -> list[ContainerStatus]:
    return [*(status.initContainerStatuses or ()), *(status.containerStatuses or ())]


def _ended(container: ContainerStatus) -> ContainerStateTerminated | None:
    """How a container ended, or the one before it."""
    before = container.lastState.terminated if container.lastState else None
    return (container.state.terminated if container.state else None) or before


def problem_of(pod: Pod, *, old: bool = False) -> PodProblem | None:
    """What keeps a pod from becoming ready, the worst first; None when nothing does.

    `old` is one that was there when the run began: its cause may have been removed since, so it has
    `RETRY_SECONDS`.
    """
    problem = min(_problems(pod), key=_patience, default=None)
    if problem and old and problem.patience is not None:
        return replace(problem, patience=max(problem.patience, RETRY_SECONDS))
    return problem


def _patience(problem: PodProblem) -> float:
    return float("inf") if problem.patience is None else problem.patience


def _problems(pod: Pod) -> Iterator[PodProblem]:
    status = pod.status
    if status is None or status.phase == "Failed" or is_ready(pod):
        return
    yield from _of_scheduling(status)
    for each in _containers(status):
        yield from _of_container(each)
    if status.phase == "Running" and not _is_of_job(pod):
        yield from _of_start(pod, status)
    elif status.phase == "Pending" and _has(status, "PodScheduled"):
        yield PodProblem(family="create", reason="ContainerCreating", message="", patience=None)


def _of_scheduling(status: PodStatus) -> Iterator[PodProblem]:
    if unscheduled := _unscheduled(status):
        yield PodProblem(
            family="room",
            reason=unscheduled.reason or "Unschedulable",
            message=unscheduled.message or "no node fits",
            patience=ROOM_SECONDS,
        )


def _of_container(each: ContainerStatus) -> Iterator[PodProblem]:
    waiting = each.state.waiting if each.state else None
    ended = _ended(each)
    reason, message = (waiting.reason or "", waiting.message or each.image) if waiting else ("", "")
    if reason in _PATIENCE:
        family, seconds = _PATIENCE[reason]
        yield PodProblem(family=family, reason=reason, message=message, patience=seconds, container=each.name)
    if ended and ended.reason == "OOMKilled" and not each.ready:
        times = f"it was killed {each.restartCount} times for using more memory than its limit"
        patience = _after(OOM_KILLS, each)
        yield PodProblem(
            family="memory", reason=ended.reason, message=times, patience=patience, container=each.name
        )
    elif reason == "CrashLoopBackOff":
        how = f"it ended with code {ended.exitCode} ({ended.reason})" if ended else message
        if ended and (why := hint(ended.exitCode, each.image)):
            how = f"{how}: {why}"
        patience = _after(CRASHES, each)
        restarts = f"{how}, and was restarted {each.restartCount} times in vain"
        yield PodProblem(
            family="crash", reason=reason, message=restarts, patience=patience, container=each.name
        )


def _after(restarts: int, each: ContainerStatus) -> float | None:
    """No patience after so many restarts."""
    return 0.0 if each.restartCount >= restarts else None


_PATIENCE = {
    "InvalidImageName": ("image", NEVER_SECONDS),
    "ErrImageNeverPull": ("image", NEVER_SECONDS),
    "ErrImagePull": ("pull", PULL_SECONDS),
    "ImagePullBackOff": ("pull", PULL_SECONDS),
    "CreateContainerConfigError": ("config", CONFIG_SECONDS),
    "CreateContainerError": ("config", PULL_SECONDS),
    "RunContainerError": ("config", PULL_SECONDS),
}
"""The kubelet's words for containers that could not even be started: family, and seconds of patience."""


def _of_start(pod: Pod, status: PodStatus) -> Iterator[PodProblem]:
    """A container that runs and is not ready: slow, or never to be."""
    containers = {each.name: each for each in (pod.spec.containers if pod.spec else ())}
    for each in status.containerStatuses or ():
        if not each.ready and each.state and each.state.running and each.name in containers:
            seconds = _start_seconds(containers[each.name])
            message = f"it runs, and may take {seconds / 60:.0f} min to become ready"
            yield PodProblem(
                family="start",
                reason="ContainersNotReady",
                message=message,
                patience=seconds + MARGIN_SECONDS,
                container=each.name,
            )


def _start_seconds(container: Container) -> float:
    probe = container.startupProbe
    return max(START_SECONDS, _seconds(probe)) if probe else START_SECONDS


def _seconds(probe: Probe) -> float:
    """How long a probe goes on asking before it gives up; Kubernetes' defaults for what it leaves open."""
    return (probe.initialDelaySeconds or 0) + (probe.periodSeconds or 10) * (probe.failureThreshold or 3)


def _is_of_job(pod: Pod) -> bool:
    owners = (pod.metadata.ownerReferences if pod.metadata else None) or ()
    return any(owner.kind == "Job" for owner in owners)
