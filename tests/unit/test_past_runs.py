"""The verb history: who, when, from which commit, and what differed, by Pulumi's own history."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state.live_stack import LiveStack
from openedx_infra.operations.versions import past_runs
from openedx_infra.operations.versions.past_runs import Run

DAY = datetime(2026, 11, 1, 12, tzinfo=UTC)
FILE = StackFile(name="mine", path=Path("Pulumi.mine.yaml"), content={"config": {}})
ANNA = {"git.author": "Anna", "git.head": "0123456789abcdef", "git.dirty": "false"}


class Live:
    """A stack as Pulumi's CLI tells of it, with entries from the oldest on."""

    name = "mine"

    def __init__(self, *entries: dict[str, Any]) -> None:
        self.entries = entries

    def run(self, *words: str) -> str:
        assert words[:3] == ("stack", "history", "--json")
        return json.dumps(self.entries[::-1])


def entry(number: int, kind: str = "update", result: str = "succeeded", **more: Any) -> dict[str, Any]:
    config = more.pop("config", {})
    start = DAY + timedelta(days=number)
    return {
        "version": number,
        "kind": kind,
        "result": result,
        "startTime": start.isoformat(),
        "endTime": (start + timedelta(seconds=42)).isoformat(),
        "config": {
            **{f"openedx:{k}": {"value": json.dumps(v), "objectValue": v} for k, v in config.items()},
            "openedx:secrets": {"secret": True},
        },
        **more,
    }


def listed(*entries: dict[str, Any]) -> list[Run]:
    return past_runs.runs(cast(LiveStack, Live(*entries)), FILE)


def test_the_newest_is_first_and_tells_what_differed() -> None:
    first = entry(1, config={"release": "ulmo", "sizing": {"lms": {"replicas": 1}}}, environment=ANNA)
    second = entry(2, config={"release": "verawood", "sizing": {"lms": {"replicas": 2}}}, environment=ANNA)
    newest, oldest = listed(first, second)
    assert (newest.number, newest.who, newest.commit, newest.seconds) == (2, "Anna", ANNA["git.head"], 42)
    assert newest.release == "verawood" and oldest.release == "ulmo" and oldest.keys == []
    assert {each.name: (each.before, each.now) for each in newest.keys} == {
        "openedx:release": ("ulmo", "verawood"),
        "openedx:sizing.lms.replicas": (1, 2),
    }


def test_other_verbs_have_no_keys_and_break_no_chain() -> None:
    up, again = entry(1, config={"release": "ulmo"}), entry(3, config={"release": "verawood"})
    newest, refresh, _ = listed(up, entry(2, "refresh", config={"release": "ulmo"}), again)
    assert refresh.verb == "refresh" and refresh.keys == []
    assert [each.name for each in newest.keys] == ["openedx:release"]


def test_values_of_secret_names_are_masked(capsys: pytest.CaptureFixture[str]) -> None:
    old, new = ({"settings": {"lms": {"PARTNER_API_KEY": value}}} for value in ("first-one", "second-one"))
    [newest, _] = listed(entry(1, config=old), entry(2, config=new))
    assert "second-one" not in json.dumps(newest.as_json()) and "[masked]" in json.dumps(newest.as_json())


def shown(monkeypatch: pytest.MonkeyPatch, *entries: dict[str, Any], **options: Any) -> str:
    monkeypatch.setattr(past_runs.stack_file, "read", lambda *_: FILE)
    monkeypatch.setattr(past_runs, "tools", lambda _: None)
    monkeypatch.setattr(past_runs, "open_stack", lambda *_: Live(*entries))
    text = io.StringIO()
    past_runs.show(past_runs.Request(name="mine"), Console(file=text, width=160), **options)
    return text.getvalue()


def test_people_see_who_and_what(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"release": "ulmo", "site": {"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}}
    first = entry(1, config={"release": "ulmo"}, resourceChanges={"create": 5, "same": 1})
    dirty = {**ANNA, "git.dirty": "true"}
    second = entry(2, result="failed", config=config, environment=dirty)
    text = shown(monkeypatch, first, second)
    assert "2026-11-03 12:00  Anna  0123456789 and more  up failed" in text
    assert "site.a not set → 1" in text and "2 more keys" in text and "5 create" in text
    assert text.splitlines()[0].startswith("Run")
    assert shown(monkeypatch, entry(0)).startswith("When"), "a backend in a folder doesn't count"
    assert shown(monkeypatch) == "Nothing was done with stack mine yet.\n"


def test_machines_get_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    ci = {"ci.build.url": "https://ci.example.org/7"}
    assert shown(monkeypatch, entry(1, "destroy", environment=ci), as_json=True) == ""
    [only] = json.loads(capsys.readouterr().out)
    assert only["verb"] == "destroy" and only["ci"] == ci["ci.build.url"] and only["who"] == ""
    assert only["start"].startswith("2026-11-02T12:00") and only["succeeded"] is True
