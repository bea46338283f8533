"""A restart is over when only new pods are left and ready; one that is stuck is told with its cause."""

from __future__ import annotations

import io
from typing import Any

import pytest
from lightkube.resources.apps_v1 import Deployment, StatefulSet
from lightkube.resources.core_v1 import Pod
from rich.console import Console

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import restart
from openedx_infra.operations.pods.restart import RESTARTED_AT

PLATFORM = {"app.kubernetes.io/name": "edx-platform"}


def workload(
    name: str, *, kind: type[Any] = Deployment, wanted: int | None = 1, platform: bool = True, **status: Any
) -> Any:
    labels = {"app.kubernetes.io/component": name, **(PLATFORM if platform else {})}
    done = {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1}
    return kind.from_dict(
        {
            "metadata": {"name": name, "generation": 2, "labels": labels},
            "spec": {
                "replicas": wanted,
                "serviceName": name,
                "selector": {},
                "template": {"metadata": {}, "spec": {"containers": []}},
            },
            "status": {**done, **status},
        }
    )


class Cluster:
    """A client whose objects go through states one after another, each time that they are asked for."""

    namespace = "campus"

    def __init__(self, *states: Any, pods: tuple[Any, ...] = ()) -> None:
        self.states = list(states)
        self.pods = pods
        self.patches: list[tuple[str, Any, str]] = []
        self.looked = 0

    def list(self, kind: type[Any], labels: object = None) -> list[Any]:
        if kind is Pod:
            return list(self.pods)
        return [each for each in self.states if isinstance(each, kind)]

    def get(self, kind: type[Any], name: str) -> Any:
        self.looked += 1
        return self.states.pop(0)

    def patch(self, kind: type[Any], name: str, patch: Any, *, field_manager: str) -> None:
        self.patches.append((name, patch, field_manager))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restart, "POLL_SECONDS", 0)


def names(cluster: Cluster, component: str | None) -> list[str]:
    return [each.name for each in restart.workloads(cluster, component)]


def test_what_a_name_means_is_restarted_and_what_rests_is_left() -> None:
    cluster = Cluster(
        workload("lms"),
        workload("studio", wanted=None),
        workload("lms-worker-default"),
        workload("lms-beat", wanted=0),
        workload("mfe", platform=False),
        workload("mysql", kind=StatefulSet, platform=False),
    )
    assert names(cluster, None) == ["lms", "lms-worker-default", "studio"]
    assert names(cluster, "lms-worker") == ["lms-worker-default"]
    assert names(cluster, "mfe") == ["mfe"]
    [mysql] = restart.workloads(cluster, "mysql")
    assert mysql.holds_data
    with pytest.raises(OperationError, match="Nothing of lms-beat runs"):
        names(cluster, "lms-beat")


@pytest.mark.parametrize(
    "state",
    [
        {"observedGeneration": 1},
        {"updatedReplicas": 0},
        {"readyReplicas": None},
        {"replicas": 2},
    ],
)
def test_it_waits_for_new_pods_that_are_ready_and_old_ones_that_are_gone(state: dict[str, Any]) -> None:
    cluster = Cluster(workload("lms"))
    chosen = restart.workloads(cluster, "lms")
    cluster.states = [workload("lms", **state), workload("lms")]
    output = io.StringIO()
    restart.restart(cluster, chosen, Console(file=output))
    assert cluster.looked == 2
    [(name, patch, manager)] = cluster.patches
    assert (name, manager) == ("lms", "openedx-infra")
    assert list(patch["spec"]["template"]["metadata"]["annotations"]) == [RESTARTED_AT]
    assert "lms: new pods" in output.getvalue()


def test_a_server_of_data_is_back_when_its_pod_has_the_new_revision() -> None:
    old = {"currentRevision": "a", "updateRevision": "b"}
    cluster = Cluster(workload("mysql", kind=StatefulSet, platform=False))
    chosen = restart.workloads(cluster, "mysql")
    cluster.states = [
        workload("mysql", kind=StatefulSet, platform=False, **old),
        workload("mysql", kind=StatefulSet, platform=False, currentRevision="b", updateRevision="b"),
    ]
    restart.restart(cluster, chosen, Console(file=io.StringIO()))
    assert cluster.looked == 2


def test_a_roll_out_that_is_stuck_is_told_with_its_cause() -> None:
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
    container = {
        "name": "lms",
        "image": "x",
        "imageID": "",
        "ready": False,
        "restartCount": 0,
        "state": waiting,
    }
    pod = Pod.from_dict(
        {"metadata": {"name": "lms-1"}, "status": {"phase": "Pending", "containerStatuses": [container]}}
    )
    cluster = Cluster(workload("lms"), pods=(pod,))
    chosen = restart.workloads(cluster, "lms")
    late = [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]
    cluster.states = [workload("lms", updatedReplicas=0, conditions=late)]
    with pytest.raises(OperationError) as caught:
        restart.restart(cluster, chosen, Console(file=io.StringIO()))
    assert "lms did not get new pods: lms-1: " in str(caught.value)
    assert "ImagePullBackOff" in str(caught.value)
    assert "`openedx-infra logs lms --previous`" in str(caught.value)
