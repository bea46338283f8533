"""Instances on a shared server have databases by names of their own."""

from __future__ import annotations

import pytest
from pairs import said_with

from openedx_infra.config import load
from openedx_infra.config.datastores.common import own_name

SHARED = {"mysql": "shared", "mongodb": "shared"}


def _names(stack: str, sources: dict[str, str]) -> set[str]:
    said = load(stack, said_with(sources)).datastores
    return {said.mysql.database, said.mysql.user, said.mongodb.database, said.mongodb.user}


def test_no_two_instances_share_a_database_or_its_user() -> None:
    assert _names("north", SHARED) == {"openedx_north"}
    assert _names("south-2", SHARED) == {"openedx_south_2"}


def test_on_a_server_of_its_own_all_are_called_alike() -> None:
    assert _names("north", {"mysql": "rds", "mongodb": "documentdb"}) == {"openedx"}


def test_names_that_are_said_hold_and_so_do_those_of_the_last_time() -> None:
    said = said_with(SHARED)
    said["datastores"]["mysql"] |= {"database": "campus", "user": "reader"}
    stack = load("north", said)
    assert (stack.datastores.mysql.database, stack.datastores.mysql.user) == ("campus", "reader")
    assert stack.datastores.mongodb.user == "openedx_north"
    assert load("north", stack.model_dump(mode="json")) == stack


@pytest.mark.parametrize(
    ("one", "other"), [("a-b", "a_b"), ("a-b", "A-b"), ("a.b", "a-b"), ("x" * 40 + "1", "x" * 40 + "2")]
)
def test_names_that_differ_go_on_to_differ(one: str, other: str) -> None:
    names = {own_name(one), own_name(other)}
    assert len(names) == 2 and all(len(name) <= 32 for name in names)
