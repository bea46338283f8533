"""Every fault that a preflight found is in the error of `up`, from the end of its pod's log."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from lightkube.models.batch_v1 import Job, JobCondition, JobSpec, JobStatus
from lightkube.models.core_v1 import Pod, PodSpec, PodStatus, PodTemplateSpec
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from rich.console import Console

from openedx_infra.operations.engine import failure
from openedx_infra.operations.engine.events import Failed, Started
from openedx_infra.operations.engine.progress import Progress
from openedx_infra.operations.engine.session import Session
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.urn import Urn
from openedx_infra.scripts.preflight.report import Report, secret

PREFLIGHT = Urn(
    "urn:pulumi:mine::openedx::openedx:index:Platform$openedx:index:Initialization$kubernetes:batch/v1:Job"
    "::preflight"
)
POD = {"batch.kubernetes.io/job-name": "preflight-0a1b2c3d"}


@dataclass
class Cluster:
    """A namespace with a preflight that failed, and its pod's log."""

    log_lines: list[str]
    objects: dict[str, list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        failed = JobCondition(
            status="True", type="Failed", reason="BackoffLimitExceeded", message="it failed"
        )
        job = Job(
            metadata=ObjectMeta(name="preflight-0a1b2c3d"),
            spec=JobSpec(template=PodTemplateSpec(), selector=LabelSelector(matchLabels=POD)),
            status=JobStatus(conditions=[failed]),
        )
        pod = Pod(
            metadata=ObjectMeta(name="preflight-0a1b2c3d-xyz", labels=POD),
            spec=PodSpec(containers=[]),
            status=PodStatus(phase="Failed"),
        )
        self.objects = {"Job": [job], "Pod": [pod]}

    def list(self, kind: type) -> list[Any]:
        return self.objects.get(kind.__name__, [])

    def log(self, pod: str, *, container: str | None, tail_lines: int) -> list[str]:
        assert (pod, container) == ("preflight-0a1b2c3d-xyz", None)
        return [f"{line}\n" for line in self.log_lines[-tail_lines:]]


def test_every_fault_is_in_the_error_of_up(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    for name in ("mysql", "mongodb", "broker", "cache", "search", "storage", "mail"):
        findings = report.of(f"openedx:datastores.{name}", external=True)
        findings.note(f"looking at {name}")
        findings.warn("it is old: upgrade it")
        findings.fault("nobody answers: correct host and port", "host")
    assert report.close() == 1
    written = capsys.readouterr().out.splitlines()
    progress = Progress(Console(quiet=True))
    progress(Started(urn=PREFLIGHT, op="create"))
    progress(Failed(urn=PREFLIGHT, op="create"))
    target = SimpleNamespace(clients=lambda: [Cluster(written)])
    session = cast(Session, SimpleNamespace(file=SimpleNamespace(name="mine"), target=target))
    told = str(failure.explain(session, progress, OperationError("Pulumi failed."), "up"))
    assert "Job preflight failed (part of Initialization)" in told
    assert "last lines of pod preflight-0a1b2c3d-xyz:" in told
    for fault in report.faults:
        assert f"preflight: fault: {fault}" in told
    assert "preflight: 7 faults: nothing was changed" in told
    assert "the pods that served before still do" in told


def test_faults_come_last_and_secrets_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mysql_password").write_text("s3cret\n")
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    report = Report()
    findings = report.of("openedx:datastores.mysql", external=False)
    findings.fault(f"the driver says: login by {secret('mysql_password')} failed", "host")
    findings.warn("later")
    report.close()
    assert capsys.readouterr().out.splitlines() == [
        "preflight: warning: openedx:datastores.mysql: later",
        "preflight: fault: openedx:datastores.mysql: the driver says: login by [hidden] failed",
        "preflight: 1 fault: nothing was changed",
    ]
