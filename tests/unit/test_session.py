"""What the data of an instance depends on is refused to change; builders get their plugin."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from openedx_infra.config import ConfigError, load
from openedx_infra.config.immutable import IMMUTABLE_OUTPUT, immutable_values
from openedx_infra.operations.engine import session
from openedx_infra.operations.images.builders import Builder
from openedx_infra.operations.stack_files.local_stack import Address
from openedx_infra.operations.state import open_stack

HERE = Address(context="here")
STACK = load("mine", {"site": {"lms_host": "learn.example.org"}})
OUTPUTS = {"cluster": "here", IMMUTABLE_OUTPUT: immutable_values(STACK)}


@pytest.mark.parametrize("outputs", [{}, OUTPUTS])
def test_a_new_or_unchanged_instance_passes(outputs: dict[str, Any]) -> None:
    session._require_same(STACK, outputs, HERE, creating=True)


@pytest.mark.parametrize("creating", [True, False])
def test_an_instance_does_not_move_to_another_cluster(creating: bool) -> None:
    with pytest.raises(ConfigError, match="context here, and does not move to there") as caught:
        session._require_same(STACK, OUTPUTS, Address(context="there"), creating=creating)
    assert caught.value.problems[0].startswith("openedx:cluster.context: ")


def test_what_data_depends_on_is_refused_for_up_and_no_hindrance_for_destroy() -> None:
    changed = load("mine", {"site": {"lms_host": "other.example.org"}})
    with pytest.raises(ConfigError, match=r"openedx:site\.lms_host"):
        session._require_same(changed, OUTPUTS, HERE, creating=True)
    session._require_same(changed, OUTPUTS, HERE, creating=False)


BUILDS = load(
    "mine",
    {
        "site": {"lms_host": "learn.example.org"},
        "images": {"mfe": {"source": "build", "repository": "registry.example.org/mfe"}},
    },
)


def test_who_builds_has_the_plugin_and_its_builder(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(open_stack, "ensure", lambda names, console: asked.append(tuple(names)))
    found = Builder(("buildx",), {"BUILDX_CONFIG": "/b", "BUILDX_BUILDER": "own", "HOME": "/h"})
    monkeypatch.setattr(session.builders, "available", lambda said, console: found)
    console = Console()
    for stack, plugin, variables in (
        (STACK, False, {}),
        (BUILDS, True, {"BUILDX_CONFIG": "/b", "BUILDX_BUILDER": "own"}),
    ):
        open_stack.tools(console, stack)
        assert ("pulumi-docker-build" in asked[-1]) is plugin
        assert session.builder(stack, console) == variables
