"""What `up` prints at its end: how to go on is told once, and building the toolchain isn't counted."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from openedx_infra.operations.deploy import deploy
from openedx_infra.operations.engine import session as sessions
from openedx_infra.operations.stack_files.stack_file import StackFile

OUTPUTS = {"lms_url": "http://local.openedx.io", "namespace": "openedx-dev"}


def printed(*, local: bool, is_new: bool) -> str:
    """What is printed after the addresses."""
    out = io.StringIO()
    session: Any = SimpleNamespace(live=SimpleNamespace(outputs=lambda: OUTPUTS), local=local, is_new=is_new)
    deploy._print_addresses(session, Console(file=out, width=160))
    return out.getvalue()


def test_how_to_go_on_is_told_after_the_first_run_on_the_embedded_cluster_alone() -> None:
    first = printed(local=True, is_new=True)
    assert "containers don't run" in first and "get.k3s.io" in first
    assert ".venv/bin/openedx-infra init --stack campus" in first and "Pulumi.campus.yaml" in first
    for again in (printed(local=True, is_new=False), printed(local=False, is_new=True)):
        assert again.split() == ["lms", "http://local.openedx.io"]


def begun(monkeypatch: pytest.MonkeyPatch, outputs: dict[str, Any]) -> sessions.Session:
    """A session of a stack that has these outputs; the toolchain takes a quarter of an hour."""
    now = [1000.0]
    content = {
        "config": {"openedx:site": {"lms_host": "learn.example.org"}, "openedx:cluster": {"context": "a"}}
    }
    file = StackFile(name="mine", path=Path("Pulumi.mine.yaml"), content=content)

    def built(*_arguments: object) -> None:
        now[0] += 900

    live = SimpleNamespace(exists=lambda: True, outputs=lambda: outputs)
    target = SimpleNamespace(require_reachable=lambda: None, address=None)
    monkeypatch.setattr(sessions.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(sessions.stack_file, "read", lambda *_arguments: file)
    monkeypatch.setattr(sessions, "tools", built)
    monkeypatch.setattr(sessions, "open_stack", lambda *_arguments: live)
    monkeypatch.setattr(sessions, "target_of", lambda *_arguments, **_options: target)
    monkeypatch.setattr(sessions.locks, "clear_dead", lambda *_arguments: None)
    return sessions.begin(sessions.Request(name="mine"), Console(file=io.StringIO()), creating=False)


def test_time_is_counted_from_when_the_toolchain_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert begun(monkeypatch, {}).tools_ready == 1900


def test_a_stack_is_new_until_an_up_came_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert begun(monkeypatch, {}).is_new
    assert not begun(monkeypatch, OUTPUTS).is_new
