"""What the wrapper knows of Pulumi's commands and options, held against the real one's help."""

from __future__ import annotations

import re
import subprocess

import pytest

from openedx_infra.operations.state.command_line import ALIASES, DEPLOYING, VALUED, WITHOUT_STACK, Line
from tools.recipes import ENGINE
from tools.toolchain import ensure

pytestmark = pytest.mark.engine

SWITCHES = set("yfdjeQh")
"""Short options without a value, which the wrapper lets stand before others in one word."""


def helped(*command: str) -> str:
    pulumi = ensure(ENGINE).bin_dir / "pulumi"
    done = subprocess.run([pulumi, *command, "--help"], capture_output=True, text=True, check=True)
    return done.stdout


def options(text: str) -> list[tuple[str, str, bool]]:
    """The short and the long name of each option, and whether it takes the next word as its value."""
    found = re.findall(r"^ +(?:-(\w), )?(--[\w-]+)(?: (\S+))?  ", text, re.MULTILINE)
    return [(short, long, value not in ("", "false")) for short, long, value in found]


@pytest.mark.parametrize(
    "command", [(), ("stack",), ("config",), ("stack", "init"), ("stack", "rm"), ("cancel",)]
)
def test_values_are_told_from_words(command: tuple[str, ...]) -> None:
    """Of all options that may stand before a command, or before the name of a stack."""
    found = options(helped(*command))
    assert len(found) > 3
    assert {long for _, long, takes in found if takes} - set(VALUED) - {"--output"} == set()
    assert not {long for _, long, takes in found if not takes} & set(VALUED)


@pytest.mark.parametrize("command", [*DEPLOYING, "destroy", "refresh", "import", "config", "stack"])
def test_short_options_mean_what_the_wrapper_takes_them_for(command: str) -> None:
    shorts = {short: takes for short, _, takes in options(helped(command)) if short}
    assert shorts.get("s", True) and shorts.get("h") is False
    for letter in SWITCHES & set(shorts):
        if (command, letter) != ("import", "f"):  # a file there, and no `-fs STACK` makes sense
            assert not shorts[letter], f"-{letter} of {command} takes a value"


def test_other_names_of_commands_are_known() -> None:
    """Those of the commands that the wrapper treats, by their own help."""
    treated = {ALIASES[other] for other in ALIASES} | {("refresh",), ("import",), ("watch",), ("logs",)}
    for command in {*treated, ("cancel",), ("config", "set"), ("config", "set-all"), ("stack", "select")}:
        aliases = re.search(r"^Aliases:\n +(.+)$", helped(*command), re.MULTILINE)
        for name in aliases[1].split(", ") if aliases else ():
            assert Line((*command[:-1], name)).words == list(command), name


def test_the_commands_without_a_stack_exist() -> None:
    commands = re.findall(r"^  ([\w-]+) +\S", helped(), re.MULTILINE)
    assert set(WITHOUT_STACK) - set(commands) <= {"completion", "help"}, "some are hidden"
