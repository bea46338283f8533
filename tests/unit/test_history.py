"""The version before the present one, from a history with failed and killed updates and maintenance."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state import history
from openedx_infra.operations.state.live_stack import LiveStack

DAY = datetime(2026, 10, 1, 12, tzinfo=UTC)
FILE = StackFile(name="mine", path=Path("Pulumi.mine.yaml"), content={"config": {"openedx:release": "xylon"}})


class Live:
    """A stack as Pulumi's CLI tells of it."""

    name = "mine"

    def __init__(self, *entries: dict[str, Any], pending: bool = False) -> None:
        self.entries, self.pending = entries, pending

    def run(self, *words: str) -> str:
        assert words[:3] == ("stack", "history", "--json")
        return json.dumps(self.entries[::-1])

    def state(self) -> dict[str, Any]:
        return {"deployment": {"pending_operations": [{}] if self.pending else None}}


def entry(day: int, *, result: str = "succeeded", kind: str = "update", **said: Any) -> dict[str, Any]:
    config = {
        f"openedx:{key}": {"value": json.dumps(value), "objectValue": value, "secret": False}
        for key, value in said.items()
    }
    return {
        "kind": kind,
        "result": result,
        "startTime": (DAY + timedelta(days=day)).isoformat().replace("+00:00", "Z"),
        "endTime": (DAY + timedelta(days=day, hours=1)).isoformat().replace("+00:00", "Z"),
        "config": {
            **config,
            "openedx:secrets": {"secret": True},
            "openedx:addons": {"value": "{}", "objectValue": {}, "secret": False},
            "openedx:foundation": {"value": "", "secret": False},
        },
    }


def releases(*entries: dict[str, Any], back: int = 1, pending: bool = False) -> Any:
    past = history.updates(cast(LiveStack, Live(*entries, pending=pending)), FILE)
    return history.former(past, "mine", back).config["openedx:release"]


def test_what_says_nothing_and_secrets_are_left_out() -> None:
    [update] = history.updates(cast(LiveStack, Live(entry(0, release="ulmo"))), FILE)
    assert update.config == {"openedx:release": "ulmo"}
    assert (update.start, update.end) == (DAY, DAY + timedelta(hours=1))


def test_the_version_before_is_the_newest_of_another_configuration() -> None:
    past = [
        entry(0, release="teak"),
        entry(1, release="ulmo", images={"mfe": "x/y:1"}),
        entry(2, release="ulmo", maintenance={"page": True}),
    ]
    assert releases(*past, entry(3, release="verawood"), entry(4, release="verawood")) == "ulmo"
    assert releases(*past, entry(3, release="verawood"), back=3) == "teak"


def test_maintenance_is_no_version() -> None:
    past = [entry(0, release="ulmo"), entry(1, release="verawood")]
    assert releases(*past, entry(2, release="verawood", maintenance={"page": True})) == "ulmo"


def test_from_an_update_that_failed_one_returns_to_what_was_up() -> None:
    assert releases(entry(0, release="ulmo"), entry(1, release="verawood", result="failed")) == "ulmo"


def test_one_never_returns_to_what_failed() -> None:
    past = [entry(0, release="teak"), entry(1, release="ulmo", result="failed"), entry(2, release="verawood")]
    assert releases(*past) == "teak"


def test_from_an_update_that_was_killed_one_returns_to_what_was_up() -> None:
    past = [entry(0, release="ulmo"), entry(1, release="verawood")]
    assert releases(*past, pending=True) == "verawood"
    assert releases(*past) == "ulmo"


def test_what_was_before_a_destroy_is_gone() -> None:
    past = [entry(0, release="ulmo"), entry(1, kind="destroy"), entry(2, release="verawood")]
    with pytest.raises(OperationError, match="has 0 earlier versions"):
        releases(*past)


def test_after_a_destroy_there_is_nothing_to_return_to() -> None:
    with pytest.raises(OperationError, match="has 0 earlier versions"):
        releases(entry(0, release="ulmo"), entry(1, kind="destroy"))


def test_who_never_was_up_has_nothing_to_return_to() -> None:
    with pytest.raises(OperationError, match="nothing to return to"):
        history.last_good(history.updates(cast(LiveStack, Live(entry(0, result="failed"))), FILE), "mine")


def test_the_moment_between_two_versions_is_in_their_middle() -> None:
    past = history.updates(cast(LiveStack, Live(entry(0, release="ulmo"), entry(1, release="x"))), FILE)
    assert history.between(past, past[1]) == DAY + timedelta(hours=12, minutes=30)
