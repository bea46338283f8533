"""A state file that was cut short is named with its copies, and one of them takes its place."""

from __future__ import annotations

import gzip
import io
import json
import os
from pathlib import Path

import pytest
from rich.console import Console

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.state import damaged_state, pulumi_errors


def state(resources: int) -> str:
    latest = {"resources": [{"urn": f"urn:{number}"} for number in range(resources)]}
    return json.dumps({"version": 3, "checkpoint": {"stack": "mine", "latest": latest}})


class Backend:
    """A backend of files, as Pulumi lays them out."""

    def __init__(self, folder: Path) -> None:
        self.variables = {"PULUMI_BACKEND_URL": folder.as_uri()}
        self.pulumi = folder / ".pulumi"
        self.file = self.write("stacks/openedx/mine.json", state(3), age=0)

    def write(self, name: str, text: str, age: float) -> Path:
        path = self.pulumi / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        os.utime(path, (1_800_000_000 - age,) * 2)
        return path

    def cut(self) -> None:
        self.file.write_text(self.file.read_text()[:40])


@pytest.fixture
def backend(tmp_path: Path) -> Backend:
    return Backend(tmp_path)


def restore(backend: Backend) -> str:
    out = io.StringIO()
    damaged_state.restore("mine", backend.variables, Console(file=out, width=500), None)
    return out.getvalue()


def test_a_good_state_is_left(backend: Backend) -> None:
    assert damaged_state.explain("mine", backend.variables) is None
    with pytest.raises(OperationError, match="Nothing was changed"):
        restore(backend)


def test_the_message_of_pulumi_names_both_files(backend: Backend) -> None:
    copy = backend.write("stacks/openedx/mine.json.bak", state(2), age=5)
    backend.cut()
    pulumis = "error: failed to load checkpoint: place 1: unexpected end of JSON input"
    message = str(pulumi_errors.explain("mine", pulumis, backend.variables))
    assert str(backend.file) in message
    assert str(copy) in message
    assert "with 2 resources" in message
    assert "openedx-infra state restore --stack mine" in message


def test_the_newest_copy_that_can_be_read_takes_its_place(backend: Backend) -> None:
    backend.write("stacks/openedx/mine.json.bak", state(2)[:30], age=5)
    backend.write("backups/openedx/mine/mine.17.json", state(1), age=900)
    backend.write("history/openedx/mine/mine-18.checkpoint.json.gz", state(2), age=60)
    backend.write("backups/openedx/other/other.19.json", state(9), age=1)
    backend.cut()
    said = restore(backend)
    assert backend.file.read_text() == state(2)
    (aside,) = backend.file.parent.glob("mine.json.damaged-*")
    assert aside.read_text() == state(3)[:40]
    assert aside.name in said
    assert "up --refresh --stack mine" in said


def test_without_a_copy_it_says_so(backend: Backend) -> None:
    backend.cut()
    with pytest.raises(OperationError, match="no copy of it is left"):
        restore(backend)
    assert backend.file.read_text() == state(3)[:40]


def test_a_state_elsewhere_is_the_backends() -> None:
    with pytest.raises(OperationError, match=r"stack export --version"):
        damaged_state.restore("mine", {"PULUMI_BACKEND_URL": "s3://bucket"}, Console(), None)
