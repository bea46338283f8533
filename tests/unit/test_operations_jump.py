"""When must the code that runs be stopped before the databases change?"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from samples import LEAST

from openedx_infra.config import load
from openedx_infra.operations import jump
from openedx_infra.operations.place import Place
from openedx_infra.operations.session import Session
from openedx_infra.operations.stack import LiveStack
from openedx_infra.operations.stackfile import StackFile

RESTING = {"maintenance": {"page": True, "pause": True}}


def session(before: dict[str, Any], **said: Any) -> Session:
    return Session(
        file=StackFile(name="mine", path=Path("Pulumi.mine.yaml"), content={}),
        stack=load("mine", {**LEAST, **said}),
        live=cast(LiveStack, None),
        place=cast(Place, None),
        before=before,
    )


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ({}, {}),
        ({"release": "verawood"}, {}),
        ({"release": "ulmo"}, {"migrations": {"beside": ["ulmo"]}}),
        ({"release": "ulmo", "config": RESTING}, {"maintenance": {"page": True}}),
    ],
    ids=["first-up", "same-release", "found-compatible", "stopped-behind-the-page"],
)
def test_what_can_run_on_is_let_be(before: dict[str, Any], said: dict[str, Any]) -> None:
    jump.demand_stopped(session(before, **said))


@pytest.mark.parametrize(
    ("config", "stopped"),
    [
        ({}, False),
        ({"maintenance": {"page": True}}, False),
        ({"maintenance": {"pause": True}}, False),
        (RESTING, True),
    ],
    ids=["serving", "page-alone", "pause-alone", "page-would-go-too-soon"],
)
def test_another_release_must_be_stopped_first(config: dict[str, Any], stopped: bool) -> None:
    with pytest.raises(jump.Incompatible, match="at ulmo") as caught:
        jump.demand_stopped(session({"release": "ulmo", "config": config}))
    assert (caught.value.before, caught.value.wanted, caught.value.stopped) == ("ulmo", "verawood", stopped)
    assert "beside: [ulmo]" in (caught.value.remedy or "")
