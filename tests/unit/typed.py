"""Checks command lines in workflows and docs against the command line's own parsers."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import typer

from openedx_infra.operations.cli.app import app


def calls(text: str, name: str) -> Iterator[list[str]]:
    """Arguments of each call of a command in lines of a shell; those that go on after `\\` are one."""
    plain = re.sub(r"\$\{\{.*?\}\}", "1", text.replace("\\\n", " "))
    substituted = re.sub(rf'"?\$\(([^()]*{name} [^()]*)\)"?', r"\n\1\n", plain)
    for line in substituted.splitlines():
        for match in re.finditer(rf"(?:^|[\s/|;]){name} (.*)", line):
            yield shlex.split(match[1], comments=True)


def demand_known(arguments: list[str]) -> None:
    """Fail when `openedx-infra` would refuse these arguments, unrun."""
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands") and not _does_something(command, arguments):
        name, *arguments = arguments
        assert name in command.commands, name
        command = command.commands[name]
    command.make_context(command.name, list(arguments))


def _does_something(group: Any, arguments: list[str]) -> bool:
    """Whether a group of commands is one itself, and no other of it is meant."""
    return group.invoke_without_command and (not arguments or arguments[0].startswith("-"))
