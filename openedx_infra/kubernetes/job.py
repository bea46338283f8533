"""Jobs, which run once for each version of themselves, and CronJobs."""

from __future__ import annotations

import pulumi

from openedx_infra.kubernetes.models import (
    CronJob,
    CronJobSpecArgs,
    Job,
    JobSpecArgs,
    JobTemplateSpecArgs,
    ObjectMetaArgs,
)
from openedx_infra.kubernetes.names import NO_WAIT, Scope
from openedx_infra.kubernetes.pod import Pod, template
from openedx_infra.kubernetes.timeouts import MARGIN_SECONDS, deletion

RETRIES = 1
"""Pods that may fail before the Job does: one node may die, and a real fault is reported soon."""
LATE_SECONDS = 600
"""Seconds that a run may begin late, as MIT's do: a cluster that was down then misses one run, rather than
making up for all of them at once."""
KEPT_DONE = 1
KEPT_FAILED = 3
"""Runs whose pods and logs are kept (MIT's numbers): the last that worked, and the last that failed."""
NEVER = "0 0 31 2 *"
"""The 31st of February: the schedule of what only people start."""


def job(name: str, scope: Scope, pod: Pod, opts: pulumi.ResourceOptions, *, deadline_minutes: int) -> Job:
    """A pod that runs to its end, once for each version of itself.

    It gets a new name when anything in it changes, runs under that name, and then the old Job is deleted. A
    failed one is run again by the next `up`. Without a time to live: a Job that vanished would look as if it
    never ran.
    """
    patience = pulumi.CustomTimeouts(
        create=f"{deadline_minutes * 60 + MARGIN_SECONDS}s", delete=deletion(pod)
    )
    return Job(
        name,
        metadata=scope.metadata(
            pod.component, software=pod.software, annotations={"pulumi.com/replaceUnready": "true"}
        ),
        spec=JobSpecArgs(
            backoff_limit=RETRIES,
            active_deadline_seconds=deadline_minutes * 60,
            template=template(scope, pod),
        ),
        opts=pulumi.ResourceOptions.merge(pulumi.ResourceOptions(custom_timeouts=patience), opts),
    )


def cron_job(
    name: str,
    scope: Scope,
    pod: Pod,
    opts: pulumi.ResourceOptions,
    *,
    schedule: str | None,
    deadline_minutes: int,
    retries: int = 1,
    time_zone: str = "UTC",
) -> CronJob:
    """A pod that runs to its end by the clock, never twice at a time.

    `schedule` is a crontab's five fields in `time_zone`. None, or a paused pod: it waits, suspended, until
    somebody makes a Job of it, as `kubectl create job --from=cronjob/NAME` does. Its name is fixed, and it is
    changed in place: a run under way ends as it began.
    """
    spec = JobSpecArgs(
        backoff_limit=retries,
        active_deadline_seconds=deadline_minutes * 60,
        template=template(scope, pod),
    )
    labels = scope.labels(pod.component, pod.software)
    return CronJob(
        name,
        metadata=scope.metadata(pod.component, name=name, software=pod.software, annotations=NO_WAIT),
        spec=CronJobSpecArgs(
            schedule=schedule or NEVER,
            time_zone=time_zone,
            suspend=schedule is None or pod.paused,
            concurrency_policy="Forbid",
            starting_deadline_seconds=LATE_SECONDS,
            successful_jobs_history_limit=KEPT_DONE,
            failed_jobs_history_limit=KEPT_FAILED,
            job_template=JobTemplateSpecArgs(metadata=ObjectMetaArgs(labels=labels), spec=spec),
        ),
        opts=opts,
    )
