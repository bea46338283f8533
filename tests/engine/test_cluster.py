"""The embedded cluster for real: it starts, admits and schedules, keeps what it holds, disturbs no other."""

from __future__ import annotations

import io
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from lightkube import ApiError, Client, KubeConfig, codecs
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.authorization_v1 import ResourceAttributes, SubjectAccessReviewSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment, StatefulSet
from lightkube.resources.authorization_v1 import SubjectAccessReview
from lightkube.resources.batch_v1 import Job
from lightkube.resources.core_v1 import ConfigMap, Node, PersistentVolumeClaim, Pod
from rich.console import Console

from tools.cluster import EmbeddedCluster
from tools.errors import ToolError
from tools.recipes import CLUSTER
from tools.toolchain import Toolchain, ensure

pytestmark = pytest.mark.engine

SECONDS = 30.0
"""How long anything may take: it takes one or two, more on a machine that has other things to do."""


@pytest.fixture(scope="module")
def toolchain() -> Toolchain:
    return ensure(CLUSTER)


@pytest.fixture(scope="module")
def cluster(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    cluster = EmbeddedCluster(tmp_path_factory.mktemp("cluster"), toolchain)
    cluster.start(quiet())
    yield cluster
    cluster.destroy()


@pytest.fixture(scope="module")
def second(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    cluster = EmbeddedCluster(tmp_path_factory.mktemp("second"), toolchain)
    yield cluster
    cluster.destroy()


@pytest.fixture
def other(second: EmbeddedCluster) -> EmbeddedCluster:
    """A second cluster, which a test may stop and break."""
    second.start(quiet())
    return second


def quiet() -> Console:
    return Console(file=io.StringIO(), width=200)


def connect(cluster: EmbeddedCluster) -> Client:
    return Client(config=KubeConfig.from_file(cluster.kubeconfig), namespace="default", trust_env=False)


def get(client: Client, kind: type[Any], name: str) -> Any:
    return client.get(kind, name)


def create(client: Client, manifest: str) -> None:
    for item in codecs.load_all_yaml(manifest):
        client.create(item)


def wait(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)
    return found


def claim(name: str, mode: str) -> str:
    return f"""
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: {name}}}
spec: {{accessModes: [{mode}], resources: {{requests: {{storage: 1Gi}}}}}}
"""


def mark(name: str) -> ConfigMap:
    return ConfigMap(metadata=ObjectMeta(name=name), data={"a": "b"})


def status(item: Any, kind: str) -> str | None:
    """Return the status of one of an object's conditions: True, False, or None when it has no such."""
    conditions = (item.status and item.status.conditions) or []
    return next((condition.status for condition in conditions if condition.type == kind), None)


def job(name: str, *, image: str = "tool:1", annotation: str = "", policy: str = "Never") -> str:
    return f"""
apiVersion: batch/v1
kind: Job
metadata: {{name: {name}}}
spec:
  backoffLimit: 0
  template:
    metadata: {{annotations: {{{annotation}}}}}
    spec:
      restartPolicy: {policy}
      initContainers: [{{name: first, image: "tool:1"}}]
      containers: [{{name: main, image: "{image}"}}]
"""


def deployment(name: str, *, image: str = "web:1", annotation: str = "") -> str:
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}, annotations: {{{annotation}}}}}
    spec:
      initContainers:
        - {{name: first, image: "web:1"}}
        - {{name: beside, image: "web:1", restartPolicy: Always}}
      containers: [{{name: main, image: "{image}"}}]
"""


def test_nodes_are_ready_and_marked_as_simulated(cluster: EmbeddedCluster) -> None:
    nodes: list[Any] = list(connect(cluster).list(Node))
    assert len(nodes) == 2
    for node in nodes:
        assert status(node, "Ready") == "True"
        assert node.metadata.annotations["kwok.x-k8s.io/node"] == "fake"
        assert node.status.allocatable["pods"] == "500"


def test_a_node_that_is_not_ours_to_play_is_left_alone(cluster: EmbeddedCluster) -> None:
    client = connect(cluster)
    client.create(Node(metadata=ObjectMeta(name="real")))
    create(
        client,
        "{apiVersion: v1, kind: Pod, metadata: {name: on-real},"
        " spec: {nodeName: real, containers: [{name: c, image: x}]}}",
    )
    try:
        time.sleep(2)
        assert status(get(client, Node, "real"), "Ready") != "True"
        assert get(client, Pod, "on-real").status.phase == "Pending"
    finally:
        client.delete(Pod, "on-real", grace_period=0)
        client.delete(Node, "real")


def test_a_running_cluster_is_reused_at_once(cluster: EmbeddedCluster) -> None:
    before = cluster._daemons["etcd"].pid()
    begin = time.monotonic()
    cluster.start(quiet())
    assert time.monotonic() - begin < 1
    assert cluster._daemons["etcd"].pid() == before
    assert "runs" in cluster.describe() and "containers do not run" in cluster.describe()


@pytest.mark.parametrize("mode", ["ReadWriteOnce", "ReadWriteMany"])
def test_a_claim_is_bound(cluster: EmbeddedCluster, mode: str) -> None:
    client, name = connect(cluster), f"claim-{mode.lower()}"
    create(client, claim(name, mode))
    wait(lambda: get(client, PersistentVolumeClaim, name).status.phase == "Bound")


def test_a_stateful_set_with_a_volume_becomes_ready(cluster: EmbeddedCluster) -> None:
    client = connect(cluster)
    create(
        client,
        """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store}
spec:
  serviceName: store
  replicas: 1
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec:
      containers: [{name: main, image: "store:1", volumeMounts: [{name: data, mountPath: /data}]}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
""",
    )
    wait(lambda: get(client, StatefulSet, "store").status.readyReplicas == 1)


def test_a_restricted_namespace_refuses_a_pod_that_may_be_root(cluster: EmbeddedCluster) -> None:
    client = connect(cluster)
    create(
        client,
        "{apiVersion: v1, kind: Namespace, metadata: {name: strict,"
        " labels: {pod-security.kubernetes.io/enforce: restricted}}}",
    )
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: root, namespace: strict},"
    with pytest.raises(ApiError, match=r"violates PodSecurity.*runAsNonRoot"):
        create(client, pod + " spec: {containers: [{name: c, image: x}]}}")


def test_who_has_no_certificate_is_refused(cluster: EmbeddedCluster) -> None:
    answer = httpx2.get(f"{cluster._url()}/api/v1/nodes", verify=False, trust_env=False)
    assert answer.status_code == httpx2.codes.UNAUTHORIZED


def test_a_service_account_may_do_nothing_by_default(cluster: EmbeddedCluster) -> None:
    attributes = ResourceAttributes(verb="get", resource="secrets", namespace="default")
    review = SubjectAccessReview(
        spec=SubjectAccessReviewSpec(
            user="system:serviceaccount:default:default", resourceAttributes=attributes
        )
    )
    answer = connect(cluster).create(review)
    assert answer.status is not None and not answer.status.allowed


def test_a_job_completes_and_a_deployment_with_a_sidecar_becomes_ready(cluster: EmbeddedCluster) -> None:
    client = connect(cluster)
    create(client, job("fine") + "---" + deployment("web"))
    wait(lambda: status(get(client, Job, "fine"), "Complete") == "True")
    wait(lambda: get(client, Deployment, "web").status.readyReplicas == 2)


@pytest.mark.parametrize(
    ("name", "manifest"),
    [
        ("annotated", job("annotated", annotation="openedx-infra.test/outcome: fail")),
        ("broken", job("broken", image="tool:1-broken")),
        ("restarting", job("restarting", image="tool:1-broken", policy="OnFailure")),
    ],
)
def test_a_faulty_job_fails(cluster: EmbeddedCluster, name: str, manifest: str) -> None:
    client = connect(cluster)
    create(client, manifest)
    wait(lambda: status(get(client, Job, name), "Failed") == "True")


def test_faulty_pods_of_a_deployment_never_become_ready_and_say_why(cluster: EmbeddedCluster) -> None:
    client = connect(cluster)
    create(
        client,
        deployment("crashing", image="web:2-broken")
        + "---"
        + deployment("stuck", annotation="openedx-infra.test/outcome: never-ready")
        + "---"
        + deployment("slow", annotation="openedx-infra.test/delay: 2s"),
    )

    def reasons() -> list[str]:
        pods: list[Any] = list(client.list(Pod, labels={"app": "crashing"}))
        states = [state for pod in pods if pod.status for state in pod.status.containerStatuses or []]
        return [state.state.waiting.reason for state in states if state.state and state.state.waiting]

    wait(lambda: reasons() == ["CrashLoopBackOff"] * 2)
    wait(lambda: get(client, Deployment, "slow").status.readyReplicas == 2)
    for name in ("crashing", "stuck"):
        assert not get(client, Deployment, name).status.readyReplicas


def test_manifests_for_traefik_apply_here_too(cluster: EmbeddedCluster) -> None:
    middleware = create_namespaced_resource("traefik.io", "v1alpha1", "Middleware", "middlewares")
    spec = {"buffering": {"maxRequestBodyBytes": 1000}}
    made = connect(cluster).create(middleware(metadata=ObjectMeta(name="limit"), spec=spec))
    assert made.spec == spec


def test_two_clusters_do_not_disturb_each_other(cluster: EmbeddedCluster, other: EmbeddedCluster) -> None:
    assert other._url() != cluster._url()
    connect(other).create(mark("theirs"))
    with pytest.raises(ApiError, match="not found"):
        get(connect(cluster), ConfigMap, "theirs")
    mixed = KubeConfig.from_file(cluster.kubeconfig)
    next(iter(mixed.clusters.values())).server = other._url()
    with pytest.raises(Exception, match="certificate verify failed"):
        get(Client(config=mixed, trust_env=False), ConfigMap, "theirs")
    other.stop()
    assert cluster.running() and not other.running()


def test_a_stopped_cluster_keeps_what_it_holds_and_gives_way_where_its_port_is_taken(
    other: EmbeddedCluster,
) -> None:
    connect(other).create(mark("kept"))
    other.stop()
    assert "stopped" in other.describe()
    port = int(other._url().rpartition(":")[2])
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", port))
        somebody.listen()
        said = io.StringIO()
        other.start(Console(file=said, width=200))
        assert f"port {port} is taken" in said.getvalue()
        assert get(connect(other), ConfigMap, "kept").data == {"a": "b"}


def test_a_cluster_that_runs_in_part_is_repaired(other: EmbeddedCluster) -> None:
    scheduler = other._daemons["kube-scheduler"].pid()
    assert scheduler is not None
    os.kill(scheduler, signal.SIGKILL)
    wait(lambda: not other.running())
    assert "only in part" in other.describe()
    other.start(quiet())
    create(connect(other), job("after"))
    wait(lambda: status(get(connect(other), Job, "after"), "Complete") == "True")


def test_a_process_that_cannot_start_is_named_and_nothing_is_left_running(
    toolchain: Toolchain, tmp_path: Path
) -> None:
    script = tmp_path / "kube-scheduler"
    script.write_text("#!/bin/sh\necho no such schedule\nexit 1\n")
    script.chmod(0o755)
    broken = replace(toolchain, paths={**toolchain.paths, "kube-scheduler": script})
    cluster = EmbeddedCluster(tmp_path / "cluster", broken)
    with pytest.raises(ToolError, match=r"start of kube-scheduler failed: it ended\s+no such schedule"):
        cluster.start(quiet())
    assert "stopped" in cluster.describe()


def test_a_destroyed_cluster_leaves_nothing(other: EmbeddedCluster) -> None:
    create(connect(other), claim("left", "ReadWriteOnce"))
    wait(lambda: get(connect(other), PersistentVolumeClaim, "left").status.phase == "Bound")
    with other._api() as api:
        (volume,) = api.volumes()
    assert volume.is_dir()
    other.destroy()
    assert not other.kubeconfig.parent.exists() and not volume.exists()
    other.stop()
    other.destroy()
