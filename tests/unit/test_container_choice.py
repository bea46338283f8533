"""Which container of a component a process runs in, and why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from lightkube import ApiError
from lightkube.models import core_v1
from lightkube.models.meta_v1 import ObjectMeta

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods.container import choose

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def pod(
    name: str,
    component: str = "lms",
    *,
    ready: bool = True,
    age: int = 0,
    ending: bool = False,
    job: bool = False,
    waits_for: str = "",
) -> core_v1.Pod:
    labels = {"app.kubernetes.io/component": component}
    state = core_v1.ContainerState(
        waiting=core_v1.ContainerStateWaiting(reason=waits_for, message="not found")
    )
    statuses = [
        core_v1.ContainerStatus(name="lms", image="x", imageID="", ready=False, restartCount=0, state=state)
    ]
    return core_v1.Pod(
        metadata=ObjectMeta(
            name=name,
            labels={**labels, "batch.kubernetes.io/job-name": name} if job else labels,
            creationTimestamp=NOW - timedelta(minutes=age),
            deletionTimestamp=NOW if ending else None,
        ),
        spec=core_v1.PodSpec(
            containers=[core_v1.Container(name="lms"), core_v1.Container(name="vector")], nodeName="node-a"
        ),
        status=core_v1.PodStatus(
            phase="Running",
            conditions=[core_v1.PodCondition(type="Ready", status="True" if ready else "False")],
            containerStatuses=statuses if waits_for else None,
        ),
    )


class Cluster:
    """A client for a namespace with pods, and a node. `forbidden`: who asks must not read nodes."""

    namespace = "campus"

    def __init__(self, *pods: core_v1.Pod, simulated: bool = False, forbidden: bool = False) -> None:
        self.pods = pods
        self.simulated = simulated
        self.forbidden = forbidden

    def list(self, kind: type[Any]) -> Iterator[core_v1.Pod]:
        return iter(self.pods)

    def get(self, kind: type[Any], name: str) -> core_v1.Node:
        if self.forbidden:
            request = httpx2.Request("GET", "https://cluster/api/v1/nodes/node-a")
            status = {"status": "Failure", "code": 403, "message": "nodes is forbidden"}
            raise ApiError(request, httpx2.Response(403, json=status, request=request))
        annotations = {"kwok.x-k8s.io/node": "fake"} if self.simulated else {}
        return core_v1.Node(metadata=ObjectMeta(name=name, annotations=annotations))


def refused(cluster: Cluster, component: str = "lms", container: str | None = None) -> str:
    with pytest.raises(OperationError) as raised:
        choose(cluster, component, container)
    return str(raised.value)


def test_the_newest_ready_pod_is_taken() -> None:
    cluster = Cluster(
        pod("old", age=30),
        pod("new", age=5),
        pod("starting", ready=False),
        pod("ending", ending=True),
        pod("studio", "studio"),
        pod("migration", job=True),
    )
    chosen = choose(cluster, "lms")
    assert (chosen.pod, chosen.name) == ("new", "lms")
    assert choose(cluster, "lms", "vector").name == "vector"


def test_one_that_runs_will_do_where_readiness_does_not_matter() -> None:
    broken, waiting = pod("broken", ready=False), pod("waiting", ready=False, waits_for="ImagePullBackOff")
    assert broken.status is not None
    running = core_v1.ContainerState(running=core_v1.ContainerStateRunning())
    broken.status.containerStatuses = [
        core_v1.ContainerStatus(name="lms", image="x", imageID="", ready=False, restartCount=3, state=running)
    ]
    assert choose(Cluster(waiting, broken), "lms", ready=False).pod == "broken"
    assert choose(Cluster(broken, pod("good")), "lms", ready=False).pod == "good"
    assert "waiting: ImagePullBackOff" in refused(Cluster(waiting, broken))
    with pytest.raises(OperationError, match="No pod of lms is ready"):
        choose(Cluster(waiting), "lms", ready=False)


def test_who_may_not_read_nodes_can_run_processes() -> None:
    assert choose(Cluster(pod("lms-1"), forbidden=True), "lms").pod == "lms-1"


def test_simulated_nodes_run_nothing() -> None:
    message = refused(Cluster(pod("lms-1"), simulated=True))
    assert "containers don't run" in message and "openedx:cluster.context" in message


def test_why_no_pod_is_ready() -> None:
    cluster = Cluster(
        pod("lms-1", ready=False, waits_for="ImagePullBackOff"),
        pod("lms-2", ending=True),
        pod("studio-1", "studio"),
    )
    assert refused(cluster) == (
        "No pod of lms is ready in namespace campus: lms-1: ImagePullBackOff: not found; "
        "lms-2: it is ending.\n"
        "  what to do: `openedx-infra status` shows what it waits for"
    )


def test_an_unknown_component_names_those_that_exist() -> None:
    cluster = Cluster(pod("lms-1"), pod("studio-1", "studio"), pod("provision", "mysql-provision", job=True))
    message = refused(cluster, "cms")
    assert message.startswith("There is no pod of cms in namespace campus.")
    assert message.endswith("name a component that has one: lms, studio")


def test_an_unknown_container_names_those_that_exist() -> None:
    assert refused(Cluster(pod("lms-1")), container="nginx").endswith("name one of lms, vector")


def test_a_namespace_without_pods_is_no_riddle() -> None:
    assert "openedx-infra up" in refused(Cluster())
