"""Everything that is not ready has its reason, from Kubernetes objects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from lightkube.models import apps_v1, batch_v1, core_v1
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta

from openedx_infra.operations.cluster.health import Row, Snapshot

LABELS = {"app": "lms"}
SELECTOR = LabelSelector(matchLabels=LABELS)
EMPTY = core_v1.PodTemplateSpec()
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def deployment(
    ready: int, wanted: int = 2, *, updated: int = 2, seen: int = 1, **status: Any
) -> apps_v1.Deployment:
    return apps_v1.Deployment(
        metadata=ObjectMeta(name="lms", generation=1),
        spec=apps_v1.DeploymentSpec(selector=SELECTOR, template=EMPTY, replicas=wanted),
        status=apps_v1.DeploymentStatus(
            readyReplicas=ready or None,
            updatedReplicas=updated,
            observedGeneration=seen,
            **status,
        ),
    )


def pod(name: str = "lms-1", *, ready: bool = False, **status: Any) -> core_v1.Pod:
    conditions = [core_v1.PodCondition(type="Ready", status="True" if ready else "False")]
    kept: dict[str, Any] = {"conditions": conditions, **status}
    return core_v1.Pod(
        metadata=ObjectMeta(name=name, labels=LABELS),
        status=core_v1.PodStatus(**kept),
    )


def container(
    state: core_v1.ContainerState, last: core_v1.ContainerState | None = None
) -> core_v1.ContainerStatus:
    return core_v1.ContainerStatus(
        name="main", image="x:1", imageID="", ready=False, restartCount=3, state=state, lastState=last
    )


def waiting(reason: str, message: str | None = None) -> core_v1.ContainerState:
    return core_v1.ContainerState(waiting=core_v1.ContainerStateWaiting(reason=reason, message=message))


def warning(kind: str, name: str, reason: str, message: str, age: int = 0) -> core_v1.Event:
    return core_v1.Event(
        metadata=ObjectMeta(name="e"),
        involvedObject=core_v1.ObjectReference(kind=kind, name=name),
        type="Warning",
        reason=reason,
        message=message,
        lastTimestamp=NOW - timedelta(seconds=age),
    )


def only(snapshot: Snapshot) -> Row:
    (row,) = snapshot.rows()
    return row


def test_a_deployment_whose_pods_are_ready_is_ready() -> None:
    row = only(Snapshot(deployments=[deployment(2)], pods=[pod(ready=True)]))
    assert (row.ready, row.count, row.reason, row.pods) == (True, "2/2", "", ())


def test_a_deployment_paused_at_zero_is_ready() -> None:
    assert only(Snapshot(deployments=[deployment(0, 0, updated=0)])).ready


def test_a_change_that_the_controller_has_not_seen_is_not_ready() -> None:
    row = only(Snapshot(deployments=[deployment(2, seen=0)]))
    assert not row.ready
    assert row.reason == "rolling out"


def test_old_pods_that_still_serve_are_not_the_new_ones() -> None:
    row = only(Snapshot(deployments=[deployment(2, updated=1)]))
    assert (row.ready, row.count) == (False, "1/2")


def test_an_image_that_cannot_be_pulled_is_named() -> None:
    state = waiting("ImagePullBackOff", "Back-off pulling image x:1")
    row = only(Snapshot(deployments=[deployment(0)], pods=[pod(containerStatuses=[container(state)])]))
    assert row.reason == "lms-1: ImagePullBackOff: Back-off pulling image x:1"
    assert row.pods == ("lms-1",)


def test_a_crash_is_told_with_its_code() -> None:
    last = core_v1.ContainerState(
        terminated=core_v1.ContainerStateTerminated(exitCode=137, reason="OOMKilled")
    )
    status = container(waiting("CrashLoopBackOff", "back-off 5m0s"), last)
    row = only(Snapshot(deployments=[deployment(1)], pods=[pod(containerStatuses=[status])]))
    assert "CrashLoopBackOff" in row.reason
    assert "code 137 (OOMKilled)" in row.reason


def test_a_pod_for_which_there_is_no_room_is_explained() -> None:
    condition = core_v1.PodCondition(
        type="PodScheduled", status="False", reason="Unschedulable", message="Insufficient memory"
    )
    row = only(Snapshot(deployments=[deployment(0)], pods=[pod(conditions=[condition])]))
    assert row.reason == "lms-1: Unschedulable: Insufficient memory"


def test_pods_that_may_not_be_made_are_explained_by_the_last_warning() -> None:
    events = [
        warning("ReplicaSet", "lms-abc", "FailedCreate", "older", age=60),
        warning("ReplicaSet", "lms-abc", "FailedCreate", "violates PodSecurity"),
        warning("ReplicaSet", "lms-worker-abc", "FailedCreate", "another Deployment's"),
    ]
    row = only(Snapshot(deployments=[deployment(0)], events=events))
    assert row.reason == "FailedCreate: violates PodSecurity"


def test_a_failed_job_tells_why_it_gave_up_and_what_its_pod_said() -> None:
    state = core_v1.ContainerState(
        terminated=core_v1.ContainerStateTerminated(exitCode=1, reason="Error", message="no such table")
    )
    job = batch_v1.Job(
        metadata=ObjectMeta(name="lms-migrate-1234abcd"),
        spec=batch_v1.JobSpec(template=EMPTY, selector=SELECTOR),
        status=batch_v1.JobStatus(
            conditions=[
                batch_v1.JobCondition(
                    type="Failed", status="True", reason="BackoffLimitExceeded", message="limit reached"
                )
            ]
        ),
    )
    row = only(Snapshot(jobs=[job], pods=[pod(containerStatuses=[container(state)])]))
    assert (row.ready, row.count) == (False, "failed")
    assert "BackoffLimitExceeded: limit reached" in row.reason
    assert "ended with code 1 (no such table)" in row.reason


def test_a_job_is_found_by_its_logical_name_and_the_newest_counts() -> None:
    def job(name: str, age: int) -> batch_v1.Job:
        return batch_v1.Job(metadata=ObjectMeta(name=name, creationTimestamp=NOW - timedelta(seconds=age)))

    names = [("lms-migrate-1234abcd", 60), ("lms-migrate-00000000", 0), ("lms-migrate-extra-11111111", 0)]
    found = Snapshot(jobs=[job(*each) for each in names]).row("Job", "lms-migrate")
    assert found is not None and found.name == "lms-migrate-00000000"
    assert Snapshot().row("Job", "lms-migrate") is None


def test_a_volume_that_nobody_provides_is_explained() -> None:
    claim = core_v1.PersistentVolumeClaim(
        metadata=ObjectMeta(name="mysql"), status=core_v1.PersistentVolumeClaimStatus(phase="Pending")
    )
    event = warning("PersistentVolumeClaim", "mysql", "ProvisioningFailed", "no such class")
    row = only(Snapshot(claims=[claim], events=[event]))
    assert (row.ready, row.count, row.reason) == (False, "pending", "ProvisioningFailed: no such class")
