"""Every source of a datastore can be registered beside every source of every other one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from pairs import covering, said_with, sample

import policies
from openedx_infra.config import Stack, load
from openedx_infra.operations.offline.recording import Graph

CHOICES = covering()
SAMPLE = sample(CHOICES)


@pytest.mark.parametrize(
    "choice",
    [
        pytest.param(choice, id="-".join(choice.values()), marks=() if choice in SAMPLE else pytest.mark.long)
        for choice in CHOICES
    ],
)
def test_it_is_registered_the_same_in_preview_and_up_and_no_rule_refuses_it(
    choice: dict[str, str],
    recorded: Callable[..., Graph],
    needed: Callable[[Stack], Mapping[str, str]],
) -> None:
    said = said_with(choice)
    stack = load("campus", said)
    graph = recorded(said, name="campus")
    urns = [resource.urn for resource in graph.resources]
    assert len(urns) == len(set(urns))
    previewed = recorded(said, name="campus", preview=True)
    assert {resource.urn for resource in previewed.resources} == set(urns)
    complaints = policies.check(graph, stack, needed(stack))
    assert [str(complaint) for complaint in complaints] == []
