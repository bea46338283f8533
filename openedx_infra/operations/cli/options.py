"""Options that several commands share, and the console that they print to."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

LOG_WIDTH = 160
"""Columns of what is printed where there is no terminal."""

StackName = Annotated[
    str,
    typer.Option("--stack", "-s", envvar="PULUMI_STACK", help="Stack, described by Pulumi.STACK.yaml."),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(help="Stack file to use instead of the checkout's.", exists=True, dir_okay=False),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Refresh = Annotated[bool, typer.Option(help="Read the state of every object from the cluster first.")]
ShowSecrets = Annotated[bool, typer.Option(help="Show secrets in plain text.")]


class _Console(Console):
    """A console that falls silent when nobody reads it any more (`… | head`).

    Rich's own ends the thread that prints: the one that hears Pulumi's events, which then wait for ever.
    """

    def on_broken_pipe(self) -> None:
        """Let the work go on, and what is printed vanish."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), (sys.stderr if self.stderr else sys.stdout).fileno())


def new_console(*, error: bool = False) -> Console:
    """A console: standard output, or that for errors."""
    console = _Console(stderr=error)
    return console if console.is_terminal else _Console(stderr=error, width=LOG_WIDTH)


def confirm(question: str) -> bool:
    """Ask; without a terminal there is nobody to ask."""
    from openedx_infra.operations.errors import OperationError

    if not sys.stdin.isatty():
        raise OperationError(f"{question} There is no terminal to answer by.", remedy="add --yes")
    return typer.confirm(question)
