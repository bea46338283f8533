"""A site stays closed after an interrupted restore, and a restore waits for running Jobs."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from lightkube import Client
from lightkube.models.batch_v1 import JobCondition, JobStatus
from lightkube.models.core_v1 import PodStatus
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.batch_v1 import Job
from lightkube.resources.core_v1 import Pod
from rich.console import Console

from openedx_infra.operations.cluster import platform_stopped
from openedx_infra.operations.deploy.unfinished_restore import unfinished
from openedx_infra.scripts.backup import seal
from openedx_infra.scripts.backup.backup_parameters import Refused

BEGUN = datetime(2026, 11, 23, 2, tzinfo=UTC)


def job(name: str, minute: int, ended: str | None = "Complete") -> Job:
    conditions = [JobCondition(type=ended, status="True")] if ended else None
    made = BEGUN + timedelta(minutes=minute)
    return Job(
        metadata=ObjectMeta(name=name, creationTimestamp=made), status=JobStatus(conditions=conditions)
    )


@pytest.mark.parametrize(
    ("restores", "migrations", "refresh", "said"),
    [
        ([], [job("migrate", 0)], False, None),
        ([job("restore", 5)], [job("migrate", 9)], False, None),
        ([job("restore", 5)], [], True, None),
        ([job("restore", 5, "Failed"), job("again", 7)], [job("migrate", 9)], False, None),
        ([job("restore", 5)], [], False, "migrations have not run"),
        ([job("restore", 5)], [job("migrate", 0)], True, "migrations have not run"),
        ([job("restore", 5, "Failed")], [job("migrate", 0)], True, "may be half"),
        ([job("restore", 5), job("again", 7, None)], [job("migrate", 6)], False, "may be half"),
    ],
    ids=["never", "done", "last-step", "mended", "not-refreshed", "before-last-step", "failed", "at-work"],
)
def test_a_restore_that_was_cut_short_keeps_the_site_closed(
    restores: list[Job], migrations: list[Job], refresh: bool, said: str | None
) -> None:
    why = unfinished(restores, migrations, refresh=refresh)
    if said is None or why is None:
        assert (why, said) == (None, None)
    else:
        assert said in why[0] and why[1] in why[0]


class Cluster:
    """A backup and a duty at work, and a duty that is done; each ends when it was looked at once more."""

    def __init__(self) -> None:
        self.phases = {("backup", "backup"): "Running", ("duty", "edx-platform"): "Running"}
        self.asked: list[list[str]] = []

    def list(self, _kind: type[Pod], labels: Mapping[str, list[str]]) -> list[Pod]:
        wanted = labels["app.kubernetes.io/name"]
        self.asked.append(wanted)
        of_a_job = {"batch.kubernetes.io/job-name": "any"}
        found = [
            Pod(metadata=ObjectMeta(name=name, labels=of_a_job), status=PodStatus(phase=phase))
            for (name, software), phase in self.phases.items()
            if software in wanted
        ]
        self.phases = dict.fromkeys(self.phases, "Succeeded")
        return found


@pytest.mark.parametrize("jobs_of", [[], ["backup"]])
def test_jobs_at_work_are_waited_for(jobs_of: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform_stopped, "_POLL_SECONDS", 0)
    cluster = Cluster()
    platform_stopped.wait_until_stopped(cast(Client, cluster), Console(file=io.StringIO()), jobs_of=jobs_of)
    assert cluster.asked == [["edx-platform", *jobs_of]] * 2


def test_a_backup_of_another_instance_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {"instance": "campus", "release": "verawood"}
    monkeypatch.setenv("DATABASES_DIR", str(tmp_path))
    monkeypatch.setattr(seal, "parameters", lambda: told)
    seal.write()
    seal.check()
    told["instance"] = "other"
    with pytest.raises(Refused, match="of campus, and this is other"):
        seal.check()
