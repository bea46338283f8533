"""A Job of an earlier run that still runs is waited for; one that is stuck or finished is not."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from lightkube import Client
from lightkube.models.core_v1 import (
    ContainerState,
    ContainerStateWaiting,
    ContainerStatus,
    Pod,
    PodCondition,
    PodSpec,
    PodStatus,
)
from lightkube.models.meta_v1 import ObjectMeta
from rich.console import Console

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.state import unfinished_jobs as recovery
from openedx_infra.operations.state.unfinished_jobs import UnfinishedJob, unfinished_jobs

RUNNING = Pod(status=PodStatus(phase="Running"))
STARTING = Pod(status=PodStatus(phase="Pending"))
DONE = Pod(status=PodStatus(phase="Succeeded"))
FAILED = Pod(status=PodStatus(phase="Failed"))
NO_IMAGE = Pod(
    status=PodStatus(
        phase="Pending",
        containerStatuses=[
            ContainerStatus(
                image="x",
                imageID="",
                name="c",
                ready=False,
                restartCount=0,
                state=ContainerState(waiting=ContainerStateWaiting(reason="ImagePullBackOff")),
            )
        ],
    )
)
NO_ROOM = Pod(
    status=PodStatus(
        phase="Pending",
        conditions=[PodCondition(type="PodScheduled", status="False", reason="Unschedulable")],
    )
)


def pod_on_lost_node(*, deleted: bool) -> Pod:
    since = datetime(2026, 1, 1, tzinfo=UTC) if deleted else None
    return Pod(
        metadata=ObjectMeta(name="migrate-1-abc", deletionTimestamp=since),
        spec=PodSpec(containers=[], nodeName="worker-2", terminationGracePeriodSeconds=60),
        status=PodStatus(phase="Running"),
    )


@dataclass
class Cluster:
    """Answers each question for pods with the next of its answers; the last one stays."""

    answers: list[list[Pod]]
    asked: int = 0

    def list(self, kind: type[Pod], **selection: Any) -> list[Pod]:
        assert selection == {"namespace": "openedx", "labels": {"batch.kubernetes.io/job-name": "migrate-1"}}
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([[RUNNING], [RUNNING], [DONE]], 3),
        ([[STARTING], [RUNNING], [FAILED]], 3),
        ([[FAILED, RUNNING], [FAILED, FAILED]], 2),
        ([[DONE]], 1),
        ([[NO_IMAGE]], 1),
        ([[NO_ROOM]], 1),
        ([[]], 1),
    ],
)
def test_only_one_at_work_is_waited_for(
    answers: list[list[Pod]], asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "POLL_SECONDS", 0)
    cluster, said = Cluster(answers), io.StringIO()
    console = Console(file=said, width=200)
    recovery.wait_for_jobs([UnfinishedJob("openedx", "migrate-1")], cast(Client, cluster), console)
    assert cluster.asked == asked
    assert said.getvalue().count("migrate-1") == (asked > 1)


@pytest.mark.parametrize(
    ("pod", "seconds"),
    [
        (pod_on_lost_node(deleted=True), 60 + recovery.SLACK_SECONDS),
        (pod_on_lost_node(deleted=False), 1800 + 60 + recovery.SLACK_SECONDS),
    ],
    ids=["being deleted", "beyond the limit of its Job"],
)
def test_a_pod_on_a_lost_node_is_given_up(pod: Pod, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody ends it, so that it would be waited for without end."""
    clock = [0.0]
    monkeypatch.setattr(recovery.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(recovery.time, "sleep", lambda _: clock.__setitem__(0, clock[0] + 10))
    job = UnfinishedJob("openedx", "migrate-1", 1800)
    with pytest.raises(OperationError) as caught:
        recovery.wait_for_jobs([job], cast(Client, Cluster([[pod]])), Console(file=io.StringIO()))
    assert seconds < clock[0] <= seconds + 10
    assert "migrate-1-abc on worker-2" in str(caught.value)
    assert "kubectl delete node worker-2" in str(caught.value.remedy)


def test_jobs_that_were_pending_or_unready_were_unfinished_jobs() -> None:
    def resource(name: str, kind: str = recovery.JOB, **more: Any) -> dict[str, Any]:
        inputs = {"metadata": {"namespace": "openedx", "name": name}}
        spec = {"spec": {"activeDeadlineSeconds": 1800}} if name == "made" else {}
        return {"type": kind, "inputs": inputs | spec, **more}

    state = {
        "deployment": {
            "pending_operations": [
                {"type": "creating", "resource": resource("made")},
                {"type": "deleting", "resource": resource("going")},
            ],
            "resources": [
                resource("fine"),
                resource("unready", initErrors=["cancelled"]),
                resource("lms", "kubernetes:apps/v1:Deployment", initErrors=["cancelled"]),
                {"type": "pulumi:pulumi:Stack"},
            ],
        }
    }
    assert unfinished_jobs(state) == [
        UnfinishedJob("openedx", "made", 1800),
        UnfinishedJob("openedx", "unready"),
    ]
    assert unfinished_jobs({"deployment": {}}) == []
