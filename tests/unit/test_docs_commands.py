"""Every command in the tables of docs/commands.md is one that the command line takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typed
import typer

from openedx_infra.operations.cli.app import app

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
VERBS: dict[str, Any] = vars(typer.main.get_command(app))["commands"]
STAND_INS = {
    "COMPONENT": "lms",
    "COMMAND": "check",
    "[LOCAL:REMOTE]": "9000:8000",
    "ITEM": "x",
    "OWNER": "anna",
}


def commands() -> list[str]:
    """What stands in backticks in the rows of tables and begins with a verb."""
    ours, _, tutors = PAGE.read_text(encoding="utf-8").partition("## If you know Tutor")
    cells = [
        cell
        for text, columns in ((ours, slice(1, -1)), (tutors, slice(2, -1)))  # Tutor's own are in the first
        for row in text.splitlines()
        if row.startswith("| ")
        for cell in re.split(r"(?<!\\)\|", row)[columns]
    ]
    found = [text for cell in cells for text in re.findall(r"`([^`]+)`", cell.replace("\\|", "|"))]
    return [text for text in found if text.split()[0] in VERBS]


@pytest.mark.parametrize("command", commands())
def test_the_command_line_takes_it(command: str) -> None:
    words = [STAND_INS.get(word, word) for word in shlex.split(command.partition(" < ")[0])]
    if words[1:]:  # a verb alone only names it
        typed.demand_known(words)


def test_every_row_of_tutor_s_table_names_what_takes_its_place() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("## If you know Tutor")[2]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 25
    assert all(len(row.replace("\\|", "").split("|")[2].strip()) > 3 for row in rows)
