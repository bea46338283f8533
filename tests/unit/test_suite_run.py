"""A Job of tests is followed to its end, against an API server that is played: pods, logs, events."""

from __future__ import annotations

import base64
import gzip
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from lightkube import Client
from lightkube.config.kubeconfig import KubeConfig

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.platform_tests import run
from openedx_infra.operations.platform_tests.run import SuiteRun

STAMP = "2026-08-01T10:00:0{}.000000000Z {}"

KUBECONFIG = {
    "clusters": [{"name": "api", "cluster": {"server": "http://api.test"}}],
    "users": [{"name": "me", "user": {}}],
    "contexts": [{"name": "api", "context": {"cluster": "api", "user": "me"}}],
}


def state(tests: dict[str, Any], report: dict[str, Any] | None = None) -> dict[str, Any]:
    """A pod whose containers are in these states."""
    states = {"tests": tests, "report": report or {"running": {}}}
    status = [
        {"name": name, "state": said, "image": "x", "imageID": "", "ready": True, "restartCount": 0}
        for name, said in states.items()
    ]
    return {
        "metadata": {"name": "lms-abc", "labels": {}},
        "spec": {"nodeName": "node", "containers": []},
        "status": {"phase": "Running", "containerStatuses": status},
    }


def ended(code: int, reason: str = "Completed") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason}}


RUNNING: dict[str, Any] = {"running": {}}
PACKED = base64.b64encode(gzip.compress(b"<testsuites/>")).decode()


class Api:
    """An API server: each time pods are asked for, they are in the next state; the last one stays."""

    def __init__(self) -> None:
        self.pods: list[dict[str, Any] | None] = []
        self.log: list[str] = []
        self.report = PACKED
        self.jobs: list[dict[str, Any]] = []
        self.node: dict[str, str] = {}
        self.broken_logs = 0
        self.said: list[str] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if path.endswith("/log"):
            return self._log(request)
        if path.endswith("/pods") and "labelSelector" in request.url.params:
            pod = self.pods.pop(0) if len(self.pods) > 1 else self.pods[0]
            return httpx2.Response(200, json={"items": [pod] if pod else []})
        if "/nodes/" in path:
            return httpx2.Response(200, json={"metadata": {"name": "node", "annotations": self.node}})
        return httpx2.Response(200, json={"items": self.jobs if path.endswith("/jobs") else []})

    def _log(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.params["container"] == "report":
            return httpx2.Response(200, text=self.report)
        if self.broken_logs:
            self.broken_logs -= 1
            return httpx2.Response(
                500, json={"kind": "Status", "message": "container is starting", "code": 500}
            )
        return httpx2.Response(200, text="\n".join(self.log) + "\n")

    def follow(self) -> run.Outcome:
        config = KubeConfig.from_dict(KUBECONFIG).get("api")
        client = Client(config=config, namespace="scratch", transport=httpx2.MockTransport(self))
        return SuiteRun(client, "lms", self.said.append).follow()


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(run, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(run, "REPORT_SECONDS", 0.05)
    yield Api()


def test_each_line_is_said_once_and_the_report_comes_back(api: Api) -> None:
    api.pods = [None, state(RUNNING), state(RUNNING), state(ended(1)), state(ended(1), ended(0))]
    api.log = [STAMP.format(1, "collected 3 items"), STAMP.format(2, "FAILED it")]
    api.broken_logs = 1
    outcome = api.follow()
    assert api.said == ["collected 3 items", "FAILED it"]
    assert (outcome.code, outcome.report) == (1, b"<testsuites/>")


def test_tests_without_a_report_still_have_a_code(api: Api) -> None:
    api.pods = [state(ended(4))]
    outcome = api.follow()
    assert (outcome.code, outcome.report) == (4, None)


def test_simulated_nodes_are_no_success(api: Api) -> None:
    api.node = {"kwok.x-k8s.io/node": "fake"}
    api.pods = [state(ended(0), ended(0))]
    with pytest.raises(OperationError, match="Nothing was tested"):
        api.follow()


def test_too_little_memory_is_told(api: Api) -> None:
    api.pods = [state(ended(137, "OOMKilled"))]
    with pytest.raises(OperationError, match="--memory"):
        api.follow()


def test_a_pod_that_never_starts_says_why(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 100_000, 600))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    api.pods = [state({"waiting": {"reason": "ErrImagePull", "message": "no such image"}})]
    with pytest.raises(OperationError, match="did not start: ErrImagePull: no such image"):
        api.follow()
    assert api.said == ["waiting: ErrImagePull: no such image"]


def test_a_job_that_was_given_up_is_told(api: Api) -> None:
    condition = {
        "type": "Failed",
        "status": "True",
        "reason": "DeadlineExceeded",
        "message": "Job was active longer than specified deadline",
    }
    api.jobs = [
        {
            "metadata": {"name": "lms"},
            "spec": {"template": {}},
            "status": {"conditions": [condition]},
        }
    ]
    api.pods = [None]
    with pytest.raises(OperationError, match="did not end: DeadlineExceeded"):
        api.follow()
