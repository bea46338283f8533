"""`status` tells what to do about each difference, and looks again until it is stopped."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from samples import LEAST

from openedx_infra.config import BaseStack, describe
from openedx_infra.operations.cluster.health import Row, Snapshot
from openedx_infra.operations.cluster.target import Target
from openedx_infra.operations.drift import status
from openedx_infra.operations.drift.changes import Change
from openedx_infra.operations.drift.drift import Drift
from openedx_infra.operations.drift.expected import expected
from openedx_infra.operations.drift.reader import Kind
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.stack_file import StackFile

FILE = StackFile(name="mine", path=Path("Pulumi.mine.yaml"), content={"config": {}})
STACK = describe("mine", LEAST)
READY = Row(kind="Deployment", name="lms", ready=True, count="1/1")
RESOURCE = {
    "urn": "urn:pulumi:mine::openedx::kubernetes:apps/v1:Deployment::lms",
    "type": "kubernetes:apps/v1:Deployment",
    "custom": True,
    "id": "openedx-mine/lms",
    "inputs": {"apiVersion": "apps/v1", "kind": "Deployment"},
}
(LMS,) = expected({"deployment": {"resources": [RESOURCE]}})
CHANGE = Change(path=("spec", "replicas"), before=1, now=0, manager="kubectl-edit")


def look(
    monkeypatch: pytest.MonkeyPatch,
    drift: Drift,
    *rows: Row,
    unknown: str = "",
    stack: BaseStack = STACK,
    live: Any = None,
) -> status.Report:
    client: Any = object()
    monkeypatch.setattr(status, "_drift", lambda *_: (drift, unknown))
    monkeypatch.setattr(Target, "_client", lambda *_: client)
    monkeypatch.setattr(status, "snapshot", lambda _: Snapshot(other_rows=rows))
    address: Any = object()
    target = Target(address=address, namespaces=("openedx-mine",), local=False, on_aws=False)
    return status._look(FILE, stack, target, live)


def test_all_is_well_where_nothing_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    found = look(monkeypatch, Drift(), READY)
    assert found.good and found.rows == [READY] and list(found.lines) == ["1 of 1 ready"]


def test_what_the_controller_must_be_told_is_noted_and_in_json(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = describe("mine", {**LEAST, "cluster": {"context": "theirs"}})
    found = look(monkeypatch, Drift(), READY, stack=stack, live=object())
    assert [line for line in found.lines if line.startswith("note: openedx:ingress.bodies.studio: Traefik")]
    objects = found.as_json()
    assert [each["name"] for each in objects] == ["lms", "respondingTimeouts.readTimeout"]
    assert objects[1]["kind"] == "ControllerSetting" and objects[1]["ready"] and "499" in objects[1]["reason"]
    assert found.good, "nobody knows that it is wrong"


def test_what_is_missing_is_created_again_by_up(monkeypatch: pytest.MonkeyPatch) -> None:
    found = look(monkeypatch, Drift(missing=[LMS]))
    assert not found.good
    assert [row.count for row in found.rows] == ["missing"]
    assert "created again by `openedx-infra up --stack mine`" in " ".join(found.lines)


def test_what_was_changed_takes_the_place_of_ready_and_is_set_back_by_a_refresh(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = look(monkeypatch, Drift(changed=[(LMS, [CHANGE])]), READY)
    assert not found.good
    assert [(row.count, row.reason) for row in found.rows] == [
        ("changed", "spec.replicas is 0, not 1 (by kubectl-edit)")
    ]
    assert "`openedx-infra up --refresh --stack mine`" in " ".join(found.lines)


def test_what_is_not_ready_says_so_beside_its_change(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = Row(kind="Deployment", name="lms", ready=False, count="0/1", reason="ImagePullBackOff")
    found = look(monkeypatch, Drift(changed=[(LMS, [CHANGE])]), waiting)
    assert [row.count for row in found.rows] == ["0/1", "changed"]


def test_what_is_not_of_the_stack_is_named_and_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = Kind("v1", "ConfigMap", "openedx-mine"), "theirs"
    found = look(monkeypatch, Drift(strangers=[stranger]), READY)
    assert found.good and "Not of this stack: ConfigMap theirs" in found.lines[-1]
    assert [row.name for row in found.strangers] == ["theirs"]


def test_a_state_that_cannot_be_read_is_no_good_news(monkeypatch: pytest.MonkeyPatch) -> None:
    found = look(monkeypatch, Drift(), READY, unknown="Pulumi's state can't be read")
    assert not found.good and "Pulumi's state can't be read" in found.lines


def test_a_kind_that_may_not_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = look(monkeypatch, Drift(unreadable=[Kind("v1", "Secret", "openedx-mine")]), READY)
    assert "may not read these kinds" in found.lines[-1] and "Secret" in found.lines[-1]


def test_without_a_terminal_a_watch_prints_what_has_changed_until_it_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting = status.Report(rows=[READY], lines=["waiting"], strangers=[], settings=[], good=False)
    ready = status.Report(rows=[READY], lines=["ready"], strangers=[], settings=[], good=True)

    def looks() -> Iterator[status.Report]:
        yield from (waiting, waiting, ready, ready)
        raise KeyboardInterrupt

    reports = looks()
    monkeypatch.setattr(status, "_looking", lambda *_: lambda: next(reports))
    monkeypatch.setattr(status, "WATCH_SECONDS", 0.0)
    out = io.StringIO()
    assert status.watch(FILE, STACK, Console(file=out, width=120))
    assert (out.getvalue().count("waiting"), out.getvalue().count("ready")) == (1, 1)


def test_a_state_in_an_unreachable_backend_is_told_in_a_line() -> None:
    class Unreachable:
        def exists(self) -> bool:
            raise OperationError("no such bucket")

    live: Any = Unreachable()
    client: Any = object()

    class Somewhere:
        def client(self) -> Any:
            return client

    target: Any = Somewhere()
    drift, why = status._drift(target, live, ("openedx-mine",))
    assert drift == Drift() and "no such bucket" in why
