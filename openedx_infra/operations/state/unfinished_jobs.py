"""Waits for Jobs of a killed run, which nobody stopped with Pulumi."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console

from openedx_infra.operations.cluster.stuck_pods import why_not_ready
from openedx_infra.operations.errors import OperationError

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.resources.core_v1 import Pod

JOB = "kubernetes:batch/v1:Job"
"""Pulumi's token for Jobs."""
POLL_SECONDS = 0.5
SLACK_SECONDS = 120.0
"""Added to time limits and grace periods: a busy node ends pods late (a guess)."""
DAY = 24 * 3600
"""Time limit of a Job that sets none, in seconds. All of ours set one."""
DEFAULT_GRACE = 30
"""Grace of a pod that sets none, in seconds (Kubernetes' default)."""


@dataclass(frozen=True)
class UnfinishedJob:
    """A Job whose end the earlier run did not see."""

    namespace: str
    name: str
    seconds: float = DAY
    """Its time limit (`activeDeadlineSeconds`)."""


def unfinished_jobs(state: Mapping[str, Any]) -> list[UnfinishedJob]:
    """Jobs whose end the earlier run did not see: their creation is pending, or they are not ready."""
    deployment = state["deployment"]
    pending = [
        operation["resource"]
        for operation in deployment.get("pending_operations") or ()
        if operation["type"] == "creating"
    ]
    unready = [resource for resource in deployment.get("resources") or () if resource.get("initErrors")]
    return [_unfinished(each["inputs"]) for each in (*pending, *unready) if each["type"] == JOB]


def _unfinished(inputs: Mapping[str, Any]) -> UnfinishedJob:
    metadata, spec = inputs["metadata"], inputs.get("spec") or {}
    return UnfinishedJob(metadata["namespace"], metadata["name"], spec.get("activeDeadlineSeconds") or DAY)


def wait_for_jobs(jobs: Iterable[UnfinishedJob], client: Client, console: Console) -> None:
    """Wait until none of these Jobs is running.

    `up` would take one that is not done for a failed one, and start another beside it. One that is stuck
    (its image can't be pulled, no node has room) is not waited for: `up` replaces it. Raises OperationError
    when a pod outlives the time limit of its Job, or its own grace, as on a node that is lost.
    """
    for job in jobs:
        printed, begin, since = False, time.monotonic(), dict[str, float]()
        while pods := _running(client, job):
            if not printed:
                console.print(f"Job {job.name} of an earlier run is still running: waiting for its end.")
                printed = True
            now = time.monotonic()
            for pod in pods:
                name = _name(pod)
                if pod.metadata and pod.metadata.deletionTimestamp:
                    since.setdefault(name, now)
                late = now - since[name] > _grace(pod) + SLACK_SECONDS if name in since else False
                if late or now - begin > job.seconds + _grace(pod) + SLACK_SECONDS:
                    raise _overdue(job, pod)
            time.sleep(POLL_SECONDS)


def _running(client: Client, job: UnfinishedJob) -> list[Pod]:
    """The pods of a Job that run, or are about to."""
    from lightkube.resources.core_v1 import Pod

    pods = client.list(Pod, namespace=job.namespace, labels={"batch.kubernetes.io/job-name": job.name})
    return [pod for pod in pods if _is_running(pod)]


def _is_running(pod: Pod) -> bool:
    phase = pod.status.phase if pod.status else None
    return phase == "Running" or (phase in ("Pending", None) and not why_not_ready(pod))


def _overdue(job: UnfinishedJob, pod: Pod) -> OperationError:
    node = (pod.spec.nodeName if pod.spec else None) or "its node"
    return OperationError(
        f"Job {job.name} of an earlier run should have ended by now, but its pod {_name(pod)} on {node} has "
        "not: the node may be lost. Nothing was changed.",
        remedy=f"see to the node; if it is switched off for good, run `kubectl delete node {node}`. Once the "
        "pod is gone, run the same command again",
    )


def _grace(pod: Pod) -> int:
    return (pod.spec.terminationGracePeriodSeconds if pod.spec else None) or DEFAULT_GRACE


def _name(pod: Pod) -> str:
    return (pod.metadata.name if pod.metadata else None) or ""
