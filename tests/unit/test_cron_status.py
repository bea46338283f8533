"""CronJobs and autoscalers as `status` shows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lightkube.models import autoscaling_v2, batch_v1
from lightkube.models.meta_v1 import ObjectMeta, OwnerReference

from openedx_infra.kubernetes.job import NEVER
from openedx_infra.operations.cluster.cron_status import is_of_cron_job, last_success, rows

NOW = datetime(2026, 11, 23, 3, 41, tzinfo=UTC)
TEMPLATE = batch_v1.JobTemplateSpec()


def cron_job(
    name: str = "duty-saml",
    *,
    schedule: str = "41 3 * * *",
    suspend: bool = False,
    ended: datetime | None = None,
) -> batch_v1.CronJob:
    return batch_v1.CronJob(
        metadata=ObjectMeta(name=name),
        spec=batch_v1.CronJobSpec(jobTemplate=TEMPLATE, schedule=schedule, suspend=suspend),
        status=batch_v1.CronJobStatus(lastSuccessfulTime=ended),
    )


def run(age: int, kind: str, owner: str = "duty-saml") -> batch_v1.Job:
    reference = OwnerReference(apiVersion="batch/v1", kind="CronJob", name=owner, uid="u")
    condition = batch_v1.JobCondition(
        type=kind, status="True", reason="BackoffLimitExceeded", message="twice"
    )
    return batch_v1.Job(
        metadata=ObjectMeta(
            name=f"{owner}-{age}", creationTimestamp=NOW - timedelta(days=age), ownerReferences=[reference]
        ),
        status=batch_v1.JobStatus(conditions=[condition]),
    )


def test_a_duty_that_ended_well_says_when() -> None:
    [row] = rows([cron_job(ended=NOW)], [run(0, "Complete")], [])
    assert (row.kind, row.name, row.ready, row.count) == (
        "CronJob",
        "duty-saml",
        True,
        "done 2026-11-23 03:41",
    )


def test_only_the_last_run_of_its_own_counts() -> None:
    runs = [run(1, "Failed"), run(0, "Complete"), run(0, "Failed", owner="duty-saml-2")]
    [row] = rows([cron_job(ended=NOW)], runs, [])
    assert row.ready


def test_a_failed_run_is_told_with_its_reason() -> None:
    [row] = rows([cron_job(ended=NOW - timedelta(days=1))], [run(0, "Failed"), run(1, "Complete")], [])
    assert not row.ready
    assert row.reason == "its last run, duty-saml-0, failed: BackoffLimitExceeded: twice"


def test_what_never_ran_is_no_fault() -> None:
    found = list(rows([cron_job(), cron_job(schedule=NEVER, suspend=True), cron_job(suspend=True)], [], []))
    assert [(row.ready, row.count) for row in found] == [
        (True, "never yet"),
        (True, "on demand"),
        (True, "suspended"),
    ]


def test_runs_of_cron_jobs_are_known() -> None:
    assert is_of_cron_job(run(0, "Complete"))
    assert not is_of_cron_job(batch_v1.Job(metadata=ObjectMeta(name="lms-migrate-0a1b2c3d")))


def test_the_last_backup_is_the_latest_success() -> None:
    assert last_success([cron_job("backup", ended=NOW), cron_job("drill")], "backup") == NOW
    assert last_success([cron_job("backup", ended=NOW), cron_job("drill")], "drill") is None


def scaler(reason: str | None) -> autoscaling_v2.HorizontalPodAutoscaler:
    conditions = [
        autoscaling_v2.HorizontalPodAutoscalerCondition(
            type="ScalingActive", status="False", reason=reason, message="no metrics"
        )
    ]
    return autoscaling_v2.HorizontalPodAutoscaler(
        metadata=ObjectMeta(name="lms"),
        spec=autoscaling_v2.HorizontalPodAutoscalerSpec(
            maxReplicas=10,
            minReplicas=2,
            scaleTargetRef=autoscaling_v2.CrossVersionObjectReference(kind="Deployment", name="lms"),
        ),
        status=autoscaling_v2.HorizontalPodAutoscalerStatus(
            desiredReplicas=3, currentReplicas=3, conditions=conditions if reason else []
        ),
    )


def test_an_autoscaler_is_well_while_it_measures() -> None:
    [well, blind, off] = rows(
        [], [], [scaler(None), scaler("FailedGetResourceMetric"), scaler("ScalingDisabled")]
    )
    assert (well.ready, well.count) == (True, "3 of 2 to 10")
    assert (blind.ready, blind.reason) == (False, "FailedGetResourceMetric: no metrics")
    assert off.ready
