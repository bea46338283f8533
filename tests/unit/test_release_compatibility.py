"""Running code must be stopped before migrations of an incompatible release."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from samples import LEAST

from openedx_infra.config import PROJECT, load
from openedx_infra.operations.deploy import release_compatibility
from openedx_infra.operations.state.history import Update
from openedx_infra.operations.versions import upgrade

RESTING = {"maintenance": {"page": True, "pause": True}}
GREEN = {"blue_green": {"live": "green", "green": {"release": "verawood"}}}
EVER = datetime(2026, 10, 1, tzinfo=UTC)


def demand(before: dict[str, Any], **said: Any) -> None:
    config = {f"{PROJECT}:{key}": value for key, value in before.items()}
    release_compatibility.require_compatible(
        load("mine", {**LEAST, **said}), Update(start=EVER, end=EVER, succeeded=True, config=config)
    )


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ({}, {}),
        ({"release": "verawood"}, {}),
        ({"release": "ulmo"}, {"migrations": {"beside": ["ulmo"]}}),
        ({"release": "ulmo", **RESTING}, {"maintenance": {"page": True}}),
        ({"release": "ulmo", **GREEN}, {}),
    ],
    ids=["nothing-known", "same-release", "found-compatible", "stopped-behind-the-page", "green-served"],
)
def test_what_can_run_on_is_let_be(before: dict[str, Any], said: dict[str, Any]) -> None:
    demand(before, **said)


@pytest.mark.parametrize(
    ("maintenance", "stopped"),
    [({}, False), ({"page": True}, False), ({"pause": True}, False), (RESTING["maintenance"], True)],
    ids=["serving", "page-alone", "pause-alone", "page-would-go-too-soon"],
)
def test_another_release_must_be_stopped_first(maintenance: dict[str, Any], stopped: bool) -> None:
    with pytest.raises(release_compatibility.IncompatibleRelease, match="at ulmo") as caught:
        demand({"release": "ulmo", "maintenance": maintenance})
    assert (caught.value.before, caught.value.wanted, caught.value.stopped) == ("ulmo", "verawood", stopped)
    assert "beside: [ulmo]" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("running", "migrated"),
    [("ulmo", ["ulmo"]), ("verawood", ["ulmo"]), (None, ["verawood"]), ("ulmo", []), ("zebrawood", ["ulmo"])],
)
def test_what_runs_is_brought_up_again_to_be_stopped(running: str | None, migrated: list[str]) -> None:
    assert upgrade.begun_meanwhile("mine", running, migrated) is None


def test_older_migrations_never_run_over_newer_ones_that_have_begun() -> None:
    problem = upgrade.begun_meanwhile("mine", "ulmo", ["ulmo", "verawood"])
    assert problem and "Migrations of verawood have begun" in problem.message
    assert problem.remedy and "beside: [ulmo]" in problem.remedy
