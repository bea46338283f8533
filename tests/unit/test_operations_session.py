"""Is an instance kept where it is, with what its data depends on?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from openedx_infra.config import ConfigError, load
from openedx_infra.config.immutable import IMMUTABLE_OUTPUT, immutable_values
from openedx_infra.operations import session
from openedx_infra.operations.builders import Builder
from openedx_infra.operations.engine import Cli
from openedx_infra.operations.local import Address
from openedx_infra.operations.stack import LiveStack

HERE = Address(context="here")
STACK = load("mine", {"site": {"lms_host": "learn.example.org"}})
OUTPUTS = {"cluster": "here", IMMUTABLE_OUTPUT: immutable_values(STACK)}


class Known(LiveStack):
    """A stack that was brought up, with these outputs."""

    def __init__(self, outputs: dict[str, Any], *, known: bool = True) -> None:
        super().__init__("mine", config_file=Path(), project=None, cli=Cli(Path("pulumi"), {}))
        self.known = known
        self.kept = outputs

    def exists(self) -> bool:
        return self.known

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        assert self.known
        return self.kept


@pytest.mark.parametrize("outputs", [{}, OUTPUTS])
def test_a_new_or_unchanged_instance_passes(outputs: dict[str, Any]) -> None:
    session._demand_same(STACK, Known(outputs), HERE, creating=True)


@pytest.mark.parametrize("creating", [True, False])
def test_an_instance_does_not_move_to_another_cluster(creating: bool) -> None:
    with pytest.raises(ConfigError, match="context here, and does not move to there") as caught:
        session._demand_same(STACK, Known(OUTPUTS), Address(context="there"), creating=creating)
    assert caught.value.problems[0].startswith("openedx:cluster.context: ")


def test_what_data_depends_on_is_refused_for_up_and_no_hindrance_for_destroy() -> None:
    changed = load("mine", {"site": {"lms_host": "other.example.org"}})
    with pytest.raises(ConfigError, match=r"openedx:site\.lms_host"):
        session._demand_same(changed, Known(OUTPUTS), HERE, creating=True)
    session._demand_same(changed, Known(OUTPUTS), HERE, creating=False)


def test_a_stack_that_nobody_knows_is_for_the_verb_to_tell() -> None:
    session._demand_same(STACK, Known({}, known=False), HERE, creating=False)


BUILDS = load(
    "mine",
    {
        "site": {"lms_host": "learn.example.org"},
        "images": {"mfe": {"source": "build", "repository": "registry.example.org/mfe"}},
    },
)


def test_who_builds_has_the_plugin_and_its_builder(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(session, "ensure", lambda names, console: asked.append(tuple(names)))
    found = Builder(("buildx",), {"BUILDX_CONFIG": "/b", "BUILDX_BUILDER": "own", "HOME": "/h"})
    monkeypatch.setattr(session.builders, "available", lambda said, console: found)
    console = Console()
    for stack, plugin, variables in (
        (STACK, False, {}),
        (BUILDS, True, {"BUILDX_CONFIG": "/b", "BUILDX_BUILDER": "own"}),
    ):
        session.tools(console, stack)
        assert ("pulumi-docker-build" in asked[-1]) is plugin
        assert session.builder(stack, console) == variables
