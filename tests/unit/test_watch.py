"""A hopeless pod is found among those that Pulumi waits for, and only among them."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any, cast

import httpx2
import pytest
from lightkube import Client
from lightkube.models.apps_v1 import Deployment, ReplicaSet, StatefulSet
from lightkube.models.batch_v1 import Job
from lightkube.models.core_v1 import Event, PersistentVolumeClaim, Pod
from rich.console import Console

from openedx_infra.operations.cluster import stuck_pods
from openedx_infra.operations.engine import watch
from openedx_infra.operations.engine.failure import of_hopeless_pods
from openedx_infra.operations.engine.watch import Watch
from openedx_infra.operations.urn import Urn

IMAGE = "registry.example.org/openedx:7"
MODELS: dict[str, Any] = {
    "Deployment": Deployment, "ReplicaSet": ReplicaSet, "StatefulSet": StatefulSet, "Job": Job, "Pod": Pod,
    "Event": Event, "PersistentVolumeClaim": PersistentVolumeClaim,
}  # fmt: skip


def urn(kind: str, name: str) -> Urn:
    token = {"Job": "batch/v1:Job"}.get(kind, f"apps/v1:{kind}")
    return Urn(f"urn:pulumi:dev::openedx::openedx:index:Lms$kubernetes:{token}::{name}")


def workload(kind: str, name: str, *, noted: int = 2, **status: Any) -> dict[str, Any]:
    revision = {"deployment.kubernetes.io/revision": "2"}
    meta = {"name": name, "uid": name, "generation": 2, "annotations": revision}
    meta["creationTimestamp"] = "2026-01-02T00:00:00Z"
    spec = {"selector": {}, "template": {}, "serviceName": name}
    status = {} if kind == "Job" else {"replicas": 1, "observedGeneration": noted, **status}
    return {"kind": kind, "metadata": meta, "spec": spec, "status": status}


def replica_set(name: str, revision: int) -> dict[str, Any]:
    owner = {"kind": "Deployment", "name": "lms", "uid": "lms", "apiVersion": "apps/v1"}
    annotations = {"deployment.kubernetes.io/revision": str(revision)}
    meta = {"name": name, "uid": name, "ownerReferences": [owner], "annotations": annotations}
    return {"kind": "ReplicaSet", "metadata": meta, "spec": {"selector": {}}, "status": {"replicas": 1}}


def pod(name: str, owner: str, reason: str = "ImagePullBackOff", **meta: Any) -> dict[str, Any]:
    container = {"name": "lms", "image": IMAGE, "imageID": "", "ready": False, "restartCount": 0}
    state = {"waiting": {"reason": reason, "message": f"Back-off pulling image {IMAGE}"}}
    if reason == "Running":
        state = {"running": {}}
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "uid": name,
            "ownerReferences": [{"kind": "ReplicaSet", "name": owner, "uid": owner, "apiVersion": "apps/v1"}],
            **meta,
        },
        "spec": {"containers": [{"name": "lms"}]},
        "status": {
            "phase": "Running" if reason == "Running" else "Pending",
            "containerStatuses": [container | {"state": state}],
        },
    }


@dataclass
class Cluster:
    """Answers from a list of objects."""

    objects: list[dict[str, Any]]
    away: bool = False
    logs: list[str] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)

    def delete(self, kind: type[Any], name: str, **_: Any) -> None:
        assert kind.__name__ == "Job"
        self.deleted.add(name)

    def list(self, kind: type[Any], **_: Any) -> list[Any]:
        if self.away:
            raise httpx2.ConnectError("refused")
        model = MODELS[kind.__name__]
        return [model.from_dict(item) for item in self.objects if item["kind"] == kind.__name__]

    def log(self, name: str, *, container: str | None, tail_lines: int) -> list[str]:
        assert container == "lms" and tail_lines > 0
        return self.logs


LMS = (workload("Deployment", "lms"), replica_set("lms-new", 2), replica_set("lms-old", 1))


def watching(cluster: Cluster, *urns: Urn) -> tuple[Watch, io.StringIO]:
    said = io.StringIO()
    clients = [cast(Client, cluster)]
    return Watch(clients, lambda: urns, lambda: None, Console(file=said, width=400)), said


def test_a_hopeless_pod_is_condemned_when_it_has_had_its_time() -> None:
    watch, _ = watching(
        Cluster([*LMS, pod("lms-new-1", "lms-new")], logs=["the end"]), urn("Deployment", "lms")
    )
    watch.look(0.0)
    watch.look(stuck_pods.PULL_SECONDS - 1)
    assert watch.hopeless == []
    watch.look(stuck_pods.PULL_SECONDS)
    (found,) = watch.hopeless
    assert (found.pod, str(found.urn), found.log) == ("lms-new-1", "Deployment lms", ["the end"])
    told = of_hopeless_pods(watch.hopeless, "campus", "up")
    assert "Deployment lms can't become ready: pod lms-new-1, container lms: ImagePullBackOff" in told.message
    assert IMAGE in told.message and "the end" in told.message
    assert told.remedy and "openedx:images" in told.remedy and "up --stack campus" in told.remedy


@pytest.mark.parametrize(
    ("objects", "urns"),
    [
        pytest.param([*LMS, pod("p", "lms-old")], [urn("Deployment", "lms")], id="of the revision before"),
        pytest.param([*LMS, pod("p", "lms-new")], [urn("Deployment", "studio")], id="not waited for"),
        pytest.param([*LMS, pod("p", "lms-new")], [], id="nothing is waited for"),
        pytest.param(
            [*LMS, pod("p", "lms-new", deletionTimestamp="2026-01-01T00:00:00Z")],
            [urn("Deployment", "lms")],
            id="going",
        ),
        pytest.param(
            [workload("Deployment", "lms", noted=1), LMS[1], pod("p", "lms-new")],
            [urn("Deployment", "lms")],
            id="the change is not noted yet",
        ),
    ],
)
def test_other_pods_are_nobodys_business(objects: list[dict[str, Any]], urns: list[Urn]) -> None:
    watch, _ = watching(Cluster(objects), *urns)
    for now in (0.0, 10_000.0):
        watch.look(now)
    assert watch.hopeless == []


def test_pods_of_a_stateful_set_and_of_the_newest_job_are_looked_at() -> None:
    labels = {"controller-revision-hash": "mysql-2"}
    old = workload("Job", "lms-migrate-00000000")
    old["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    cluster = Cluster(
        [
            workload("StatefulSet", "mysql", updateRevision="mysql-2"),
            pod("mysql-0", "mysql", labels=labels),
            pod("mysql-old", "mysql", labels={"controller-revision-hash": "mysql-1"}),
            old,
            workload("Job", "lms-migrate-1234abcd"),
            pod("new", "lms-migrate-1234abcd"),
            pod("old", "lms-migrate-00000000"),
        ]
    )
    watch, _ = watching(cluster, urn("StatefulSet", "mysql"), urn("Job", "lms-migrate"))
    for now in (0.0, 100.0):
        watch.look(now)
    assert sorted(each.pod for each in watch.hopeless) == ["mysql-0", "new"]


def test_a_slow_pod_is_told_of_once_and_condemned_when_its_time_is_over() -> None:
    warning = {
        "kind": "Event", "metadata": {"name": "e"}, "involvedObject": {}, "type": "Warning",
        "reason": "Unhealthy", "message": "Startup probe failed: HTTP probe failed with statuscode: 500",
    }  # fmt: skip
    cluster = Cluster([*LMS, pod("lms-new-1", "lms-new", "Running"), warning])
    looking, said = watching(cluster, urn("Deployment", "lms"))
    for now in (0.0, watch.NOTICE_SECONDS - 1):
        looking.look(now)
    assert said.getvalue() == ""
    for now in (watch.NOTICE_SECONDS, 100.0, 300.0):
        looking.look(now)
    assert said.getvalue().count("lms-new-1, container lms is not ready") == 1
    assert "statuscode: 500" in said.getvalue() and watch.NOTICE_SECONDS < 60
    assert looking.hopeless == []
    looking.look(stuck_pods.START_SECONDS + stuck_pods.MARGIN_SECONDS)
    assert "statuscode: 500" in str(looking.hopeless[0])


def test_a_cluster_that_does_not_answer_condemns_nobody() -> None:
    cluster = Cluster([*LMS, pod("lms-new-1", "lms-new")])
    watch, _ = watching(cluster, urn("Deployment", "lms"))
    watch.look(0.0)
    cluster.away = True
    watch.look(100.0)
    assert watch.hopeless == []


def test_the_run_is_stopped_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pod that is there from the beginning is given time; one that comes later is not."""
    cluster = Cluster([*LMS, pod("early", "lms-new")])
    stopped: list[str] = []
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(stuck_pods, "_PATIENCE", {"ImagePullBackOff": ("pull", 0.0)})

    def stop() -> None:
        stopped.append("stopped")

    def waiting() -> list[Urn]:
        cluster.objects.append(pod("late", "lms-new"))
        return [urn("Deployment", "lms")]

    with Watch([cast(Client, cluster)], waiting, stop, Console(quiet=True)) as watched:
        assert watched._thread
        watched._thread.join(10)
    assert stopped == ["stopped"]
    assert {each.pod for each in watched.hopeless} == {"late"}


def claim(name: str, **meta: Any) -> dict[str, Any]:
    return {"kind": "PersistentVolumeClaim", "metadata": {"name": name, **meta}, "spec": {}}


def run(name: str, volume: str, *conditions: str, owner: str = "CronJob") -> dict[str, Any]:
    owners = [{"kind": owner, "name": "duty", "uid": "duty", "apiVersion": "batch/v1"}]
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": volume}}, {"name": "w", "emptyDir": {}}]
    return {
        "kind": "Job",
        "metadata": {"name": name, "ownerReferences": owners},
        "spec": {"template": {"spec": {"containers": [], "volumes": volumes}}},
        "status": {"conditions": [{"type": each, "status": "True"} for each in conditions]},
    }


def test_runs_that_are_over_give_way_where_a_volume_is_to_go() -> None:
    cluster = Cluster([
        claim("media", deletionTimestamp="2026-01-02T00:00:00Z"),
        claim("mysql"),
        run("done", "media", "Complete"),
        run("failed", "media", "FailureTarget", "Failed"),
        run("working", "media"),
        run("of-another", "mysql", "Complete"),
        run("of-the-program", "media", "Complete", owner="ConfigMap"),
    ])  # fmt: skip
    watch, said = watching(cluster)
    watch.free_volumes()
    assert cluster.deleted == set(), "nothing is being deleted"
    watch.deleting = lambda: [urn("PersistentVolumeClaim", "media")]
    watch.free_volumes()
    assert cluster.deleted == {"done", "failed"}
    assert "Job done is deleted with its log" in said.getvalue()
    cluster.away = True
    watch.free_volumes()
