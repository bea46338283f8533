"""Pods that can't become ready, and pods that are merely slow, as kubelets describe them."""

from __future__ import annotations

from typing import Any

import pytest
from lightkube.models.core_v1 import Pod

from openedx_infra.operations.cluster import stuck_pods
from openedx_infra.operations.cluster.stuck_pods import problem_of


def pod(*states: dict[str, Any], phase: str = "Running", owner: str = "ReplicaSet", **more: Any) -> Pod:
    """A pod with a container for each state, called c0, c1 …"""
    containers = [{"name": f"c{index}"} | more.get("spec", {}) for index in range(len(states))]
    statuses = [
        {"name": f"c{index}", "image": "x", "imageID": "", "ready": False, "restartCount": 0, **state}
        for index, state in enumerate(states)
    ]
    return Pod.from_dict(
        {
            "metadata": {
                "name": "web-1",
                "ownerReferences": [{"kind": owner, "name": "web", "uid": "1", "apiVersion": "v1"}],
            },
            "spec": {"containers": containers},
            "status": {
                "phase": phase,
                "conditions": more.get("conditions", [{"type": "PodScheduled", "status": "True"}]),
                more.get("statuses", "containerStatuses"): statuses,
            },
        }
    )


def waiting(reason: str, message: str = "said so", **more: Any) -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason, "message": message}}, **more}


def ended(reason: str, code: int = 1) -> dict[str, Any]:
    return {"lastState": {"terminated": {"exitCode": code, "reason": reason}}}


RUNNING: dict[str, Any] = {"state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}


@pytest.mark.parametrize(
    ("reason", "seconds"),
    [
        ("ErrImageNeverPull", stuck_pods.NEVER_SECONDS),
        ("InvalidImageName", stuck_pods.NEVER_SECONDS),
        ("ErrImagePull", stuck_pods.PULL_SECONDS),
        ("ImagePullBackOff", stuck_pods.PULL_SECONDS),
        ("CreateContainerConfigError", stuck_pods.CONFIG_SECONDS),
        ("RunContainerError", stuck_pods.PULL_SECONDS),
    ],
)
@pytest.mark.parametrize("statuses", ["containerStatuses", "initContainerStatuses"])
@pytest.mark.parametrize("owner", ["ReplicaSet", "StatefulSet", "Job"])
def test_what_cannot_be_started_is_hopeless_within_a_minute(
    reason: str, seconds: float, statuses: str, owner: str
) -> None:
    found = problem_of(pod(waiting(reason), phase="Pending", owner=owner, statuses=statuses))
    assert found is not None and found.patience == seconds < 45
    assert (found.reason, found.container, found.message) == (reason, "c0", "said so")


def test_pulling_and_backing_off_are_one_trouble() -> None:
    first, second = (
        problem_of(pod(waiting(reason), phase="Pending")) for reason in ("ErrImagePull", "ImagePullBackOff")
    )
    assert first and second and first.family == second.family


@pytest.mark.parametrize(("restarts", "hopeless"), [(0, False), (2, False), (3, True), (50, True)])
def test_a_container_that_crashes_is_given_up_after_some_restarts(restarts: int, hopeless: bool) -> None:
    found = problem_of(pod(waiting("CrashLoopBackOff", restartCount=restarts, **ended("Error", 3))))
    assert found is not None
    assert (found.patience == 0) is hopeless
    assert "code 3 (Error)" in found.message and f"{restarts} times" in found.message


@pytest.mark.parametrize(
    ("image", "code", "words"),
    [
        ("docker.io/library/mongo:7.0.28", 132, "lacks an instruction: MongoDB 5 and later need AVX"),
        ("docker.io/percona/percona-server-mongodb:7.0", 139, "perhaps the CPU is too old: MongoDB 5"),
        ("docker.io/library/mysql:8.4.0", 132, "images of MySQL 8.4 need x86-64-v2"),
        ("docker.io/library/mysql:8.4.0", 1, ""),
        ("docker.io/overhangio/openedx:22", 132, ""),
    ],
)
def test_a_cpu_that_lacks_what_an_image_needs_is_named(image: str, code: int, words: str) -> None:
    crashed = waiting("CrashLoopBackOff", restartCount=3, image=image, **ended("Error", code))
    found = problem_of(pod(crashed))
    assert found is not None and words in found.message
    assert ("CPU type `host`" in found.message) is bool(words)


@pytest.mark.parametrize("state", [waiting("CrashLoopBackOff"), RUNNING])
@pytest.mark.parametrize(("restarts", "hopeless"), [(1, False), (2, True)])
def test_a_container_that_needs_more_memory_than_it_may_have_is_given_up_sooner(
    state: dict[str, Any], restarts: int, hopeless: bool
) -> None:
    found = problem_of(pod({**state, **ended("OOMKilled", 137), "restartCount": restarts}))
    assert found is not None and (found.patience == 0) is hopeless
    assert not hopeless or (found.reason == "OOMKilled" and "more memory than its limit" in found.message)


def test_the_worst_of_several_containers_is_told() -> None:
    found = problem_of(pod(RUNNING, waiting("ImagePullBackOff"), waiting("ErrImageNeverPull")))
    assert found is not None and (found.container, found.reason) == ("c2", "ErrImageNeverPull")


def test_a_slow_container_has_as_long_as_its_startup_probe_gives_it() -> None:
    plain = problem_of(pod(RUNNING))
    probed = problem_of(pod(RUNNING, spec={"startupProbe": {"periodSeconds": 5, "failureThreshold": 180}}))
    short = problem_of(pod(RUNNING, spec={"startupProbe": {"periodSeconds": 2, "failureThreshold": 60}}))
    assert plain and probed and short
    assert plain.patience == short.patience == 300 + stuck_pods.MARGIN_SECONDS
    assert probed.patience == 900 + stuck_pods.MARGIN_SECONDS


def test_a_pod_that_finds_no_node_waits_for_an_autoscaler() -> None:
    said = "0/3 nodes are available: 3 Insufficient memory."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": said}
    found = problem_of(pod(phase="Pending", conditions=[condition]))
    assert found is not None
    assert (found.reason, found.message, found.patience) == ("Unschedulable", said, stuck_pods.ROOM_SECONDS)


def test_what_was_broken_before_the_run_may_mend_itself() -> None:
    for broken in (
        pod(waiting("ImagePullBackOff"), phase="Pending"),
        pod(waiting("CrashLoopBackOff", restartCount=50, **ended("Error"))),
    ):
        found = problem_of(broken, old=True)
        assert found is not None and found.patience == stuck_pods.RETRY_SECONDS > 300


@pytest.mark.parametrize(
    "fine",
    [
        pod(RUNNING | {"ready": True}, conditions=[{"type": "Ready", "status": "True"}]),
        pod(RUNNING, owner="Job"),
        pod({}, phase="Succeeded", owner="Job"),
        pod({}, phase="Failed", owner="Job"),
        Pod(),
    ],
)
def test_nothing_is_wrong_with_what_is_ready_and_what_a_job_runs_or_has_run(fine: Pod) -> None:
    """A Job counts its failures itself, and has a time limit."""
    assert problem_of(fine) is None


def test_a_pod_that_is_being_made_is_condemned_by_nobody() -> None:
    found = problem_of(pod(waiting("ContainerCreating"), phase="Pending"))
    assert found is not None and found.patience is None
