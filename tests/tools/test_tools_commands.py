"""`python -m tools`, as people type it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from tools.__main__ import app
from tools.recipes import TOOLS


@pytest.mark.parametrize("command", ["install", "env"])
def test_an_unknown_tool_is_one_message_that_names_all_tools(command: str) -> None:
    result = CliRunner().invoke(app, [command, "pulumi", "helmm"], env={"COLUMNS": "1000"})
    assert result.exit_code == 2 and "Traceback" not in result.output
    assert "there is no tool helmm; there are " in result.output
    assert all(name in result.output for name in TOOLS)
