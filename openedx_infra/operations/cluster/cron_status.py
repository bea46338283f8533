"""The last run of each CronJob and the state of autoscalers, as rows of `status`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from lightkube.models.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.models.batch_v1 import CronJob, Job
from lightkube.models.meta_v1 import ObjectMeta

from openedx_infra.kubernetes.job import NEVER
from openedx_infra.operations.cluster.health import Row, ending

_BEGINNING = datetime.min.replace(tzinfo=UTC)


def is_of_cron_job(job: Job) -> bool:
    """Whether a Job is a run of a CronJob's."""
    return bool(_cron_jobs(job))


def rows(
    cron_jobs: Sequence[CronJob], jobs: Sequence[Job], scalers: Sequence[HorizontalPodAutoscaler]
) -> Iterator[Row]:
    """Rows of CronJobs and autoscalers. `jobs` may hold other Jobs, too."""
    for cron_job in cron_jobs:
        name = _name(cron_job.metadata)
        yield cron_row(cron_job, [job for job in jobs if name in _cron_jobs(job)])
    yield from (scaler_row(scaler) for scaler in scalers)


def cron_row(cron_job: CronJob, runs: Sequence[Job]) -> Row:
    """A CronJob: all is well unless its last run failed."""
    spec, status = cron_job.spec, cron_job.status
    last = max(runs, key=_created, default=None)
    result, message = ending(last) if last else ("", "")
    failed = result == "Failed"
    ended = status.lastSuccessfulTime if status else None
    if status and status.active:
        count = "runs now"
    elif ended:
        count = f"done {ended.astimezone(UTC):%Y-%m-%d %H:%M}"
    elif spec and spec.schedule == NEVER:
        count = "on demand"
    else:
        count = "suspended" if spec and spec.suspend else "never yet"
    reason = f"its last run, {_name(last.metadata)}, failed: {message}" if last and failed else ""
    return Row(kind="CronJob", name=_name(cron_job.metadata), ready=not failed, count=count, reason=reason)


def scaler_row(scaler: HorizontalPodAutoscaler) -> Row:
    """An autoscaler: all is well while it can measure."""
    spec, status = scaler.spec, scaler.status
    conditions = (status.conditions if status else None) or ()
    blind = next((c for c in conditions if c.type == "ScalingActive" and c.status == "False"), None)
    # The condition is False, too, where something was scaled to zero on purpose.
    problem = blind if blind and blind.reason != "ScalingDisabled" else None
    current = (status.currentReplicas if status else None) or 0
    least, most = (spec.minReplicas or 1, spec.maxReplicas) if spec else (1, 1)
    return Row(
        kind="HorizontalPodAutoscaler",
        name=_name(scaler.metadata),
        ready=problem is None,
        count=f"{current} of {least} to {most}",
        reason=f"{problem.reason}: {problem.message}" if problem else "",
    )


def last_success(cron_jobs: Sequence[CronJob], name: str) -> datetime | None:
    """When a run of this CronJob last succeeded. None: never, or there is no such CronJob."""
    ends = [c.status.lastSuccessfulTime for c in cron_jobs if _name(c.metadata) == name and c.status]
    return max((end for end in ends if end), default=None)


def _cron_jobs(job: Job) -> list[str]:
    """Names of the CronJobs that own a Job."""
    owners = (job.metadata.ownerReferences if job.metadata else None) or ()
    return [owner.name for owner in owners if owner.kind == "CronJob"]


def _created(job: Job) -> datetime:
    return (job.metadata.creationTimestamp if job.metadata else None) or _BEGINNING


def _name(meta: ObjectMeta | None) -> str:
    return (meta.name if meta else None) or ""
