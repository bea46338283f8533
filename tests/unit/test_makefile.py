"""What `make` runs for what a person types, told by make itself without running it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLI = ".venv/bin/openedx-infra"


def make(*typed: str, code: int = 0, **environment: str) -> str:
    """The commands that `make` would run, or its error."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", *typed],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("verb", ["up", "destroy"])
def test_up_and_destroy_leave_the_question_to_the_command(verb: str) -> None:
    assert f"{CLI} {verb} --stack dev\n" in make(verb).replace(" \n", "\n")
    assert f"{CLI} {verb} --stack campus\n" in make(verb, "STACK=campus").replace(" \n", "\n")
    assert f"{CLI} {verb} --stack campus --yes\n" in make(verb, "STACK=campus", "YES=1")
    assert f"{CLI} {verb} --stack campus --yes\n" in make(verb, "STACK=campus", YES="1")
    assert "--yes" not in make(verb, "STACK=campus", "YES=no")


@pytest.mark.parametrize("typed", ["STAK=campus", "stack=campus", "Stack=campus", "STACKS=campus"])
def test_a_misspelt_variable_brings_up_nothing(typed: str) -> None:
    printed = make("up", typed, code=2)
    assert f"No such variable: {typed.partition('=')[0]}." in printed and "STACK" in printed
    assert CLI not in printed


def test_variables_that_the_targets_read_are_known() -> None:
    make("up", "STACK=campus", "PYTHON=python3.12", "YES=1")
    make("test-engine", "CLUSTERS=1", "ENGINE_SHARD=1/2")
    make("bench", "INSTANCES=4")


def test_init_names_a_stack_only_if_one_was_given() -> None:
    assert f"{CLI} init\n" in make("init").replace(" \n", "\n")
    assert f"{CLI} init --stack campus\n" in make("init", "STACK=campus").replace(" \n", "\n")
