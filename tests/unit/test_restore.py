"""A restore works on the stack file as it was when the verb began, whatever is written to it meanwhile."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from openedx_infra.operations.backups import restore
from openedx_infra.operations.cluster import connection
from openedx_infra.operations.cluster.run_job import CompletedJob
from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.stack_files.local_stack import Address
from openedx_infra.settings import backups as names


def config(context: str, **more: Any) -> dict[str, Any]:
    keys = {
        "site": {"lms_host": "learn.example.org"},
        "cluster": {"context": context},
        "backups": {"destination": {"bucket": "campus", "endpoint": "https://s3.example.org"}},
        **more,
    }
    return {f"openedx:{key}": value for key, value in keys.items()}


class Restored:
    """A restore whose stack file is replaced by another cluster's at every step."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clients: list[Any] = []
        self.jobs: list[tuple[str, Any]] = []
        self.ups: list[tuple[dict[str, Any], bool]] = []

    def edit(self) -> None:
        text = yaml.safe_dump({"config": config("other", namespace="other", release="ulmo")})
        self.path.write_text(text, encoding="utf-8")

    def connect(self, address: Address, namespace: str) -> str:
        self.clients.append((address.context, namespace))
        return f"client of {address.context}"

    def run_job(self, client: Any, cron_job: str, *_: Any, **__: Any) -> CompletedJob:
        self.edit()
        self.jobs.append((cron_job, client))
        return CompletedJob(name=cron_job, lines=("backup: fetching backup 1a2b3c4d",), simulated=False)

    def up(self, request: Request, *_: Any, refresh: bool = False) -> None:
        assert request.config_file is not None
        self.ups.append((yaml.safe_load(request.config_file.read_text())["config"], refresh))
        self.edit()


def test_an_edit_of_the_stack_file_meanwhile_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "Pulumi.campus.yaml"
    path.write_text(yaml.safe_dump({"config": config("here")}), encoding="utf-8")
    restored = Restored(path)
    monkeypatch.setattr(connection, "connect", restored.connect)
    monkeypatch.setattr(restore, "run_job", restored.run_job)
    monkeypatch.setattr(restore.upgrade, "up", restored.up)
    monkeypatch.setattr(restore, "wait_until_stopped", lambda *_, **__: None)
    monkeypatch.setattr(restore, "delete_jobs", lambda *_: None)
    request = Request(name="campus", config_file=path)
    restore.restore(request, restore.Options(), Console(file=io.StringIO()))
    assert restored.clients == [("here", "openedx-campus")] * 3
    wanted = [names.CHECK, names.BACKUP, names.RESTORE]
    assert restored.jobs == [(job, "client of here") for job in wanted]
    stopped = config("here", **restore.upgrade.STOPPED)
    assert restored.ups == [(stopped, False), (config("here"), True)]
    assert "other" in path.read_text(), "the operator's file keeps what was written to it"
