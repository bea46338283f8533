"""An instance goes from one release to the next, and back only by a rollback that has asked the database."""

from __future__ import annotations

from typing import Any

import pytest
from samples import LEAST

from openedx_infra.config import load
from openedx_infra.operations.deploy.release_order import declared_beside, migrated_releases, out_of_order

URN = "urn:pulumi:mine::openedx::openedx:index:Platform$openedx:index:Initialization$"
GREEN = {"blue_green": {"green": {"release": "verawood", "openedx": "r/o:1", "mfe": "r/m:1"}}}
BUILT = {"openedx": "registry.example.org/openedx:1", "mfe": "registry.example.org/mfe:1"}


def job(name: str, release: str | None) -> dict[str, Any]:
    annotations = {"openedx.org/release": release} if release else {}
    template = {"metadata": {"annotations": annotations}}
    return {
        "urn": f"{URN}kubernetes:batch/v1:Job::{name}",
        "inputs": {"spec": {"template": template}},
    }


def problem(
    migrated: list[str], *, beside: frozenset[str] = frozenset(), has_history: bool = True, **said: Any
) -> str | None:
    stack = load("mine", {**LEAST, **said})
    error = out_of_order(stack, migrated, beside, has_history=has_history)
    return f"{error.message} {error.remedy}" if error else None


@pytest.mark.parametrize(
    ("migrated", "said"),
    [
        (["verawood"], {"release": "verawood"}),
        (["ulmo"], {"release": "verawood"}),
        (["verawood"], {"release": "master", "images": BUILT}),
        (["ulmo"], {"release": "ulmo", "migrations": {"beside": ["ulmo"]}, **GREEN}),
        (["ulmo", "verawood"], {"release": "verawood"}),
        (["ulmo", "verawood"], {"release": "ulmo", "beside": frozenset({"ulmo"})}),
    ],
    ids=["same", "next", "nightly", "green-is-next", "green-stays", "green-goes-and-blue-was-tested"],
)
def test_the_same_release_and_the_next_one_are_let_be(migrated: list[str], said: dict[str, Any]) -> None:
    assert problem(migrated, **said) is None


def test_an_older_release_is_refused_with_rollback_as_the_remedy() -> None:
    text = problem(["verawood"], release="ulmo")
    assert (
        text and "databases of verawood" in text and "`openedx-infra rollback --stack mine --write`" in text
    )
    assert "write `openedx:release: verawood` again" in text


def test_a_first_up_that_failed_has_nothing_to_roll_back_to() -> None:
    text = problem(["verawood"], release="ulmo", has_history=False)
    assert text and "rollback" not in text and "openedx-infra destroy --stack mine" in text


def test_the_live_green_version_is_what_the_databases_are_of() -> None:
    text = problem(["ulmo", "verawood"], release="ulmo")
    assert text and "databases of verawood" in text


def test_a_release_between_is_not_left_out() -> None:
    text = problem(["ulmo"], release="master", images=BUILT)
    assert text and "verawood would be left out" in text
    assert "write `openedx:release: verawood`, run `up`, and then go on to master" in text


def test_a_release_that_this_program_has_not_got_is_no_reason_to_migrate() -> None:
    text = problem(["zebrawood"], release="verawood")
    assert text and "zebrawood" in text and "use a version of this program" in text


def test_the_state_tells_which_release_migrated_for_each_version() -> None:
    jobs = [job("lms-migrate", "ulmo"), job("lms-migrate-green", "verawood"), job("studio-migrate", "ulmo")]
    others = [
        {"urn": "urn:pulumi:mine::openedx::pulumi:pulumi:Stack::openedx-mine"},
        job("lms-migrate-x", None),
    ]
    state = {"deployment": {"resources": [*jobs, *others]}}
    assert migrated_releases(state) == {"lms-migrate": "ulmo", "lms-migrate-green": "verawood"}
    assert migrated_releases({"deployment": None}) == {}


def test_what_was_tested_is_read_from_the_configuration_that_migrated() -> None:
    assert declared_beside({"openedx:migrations": {"beside": ["ulmo"]}}) == {"ulmo"}
    assert declared_beside({}) == frozenset()
