"""Arguments of `state restore`."""

from __future__ import annotations

import typer

from openedx_infra.operations.cli.options import ConfigFile, StackName, Yes, confirm, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer(help="Pulumi's state of a stack.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """One command would otherwise stand for the group."""


@app.command()
def restore(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, yes: Yes = False) -> None:
    """Put the newest good copy in place of a state file that can't be read. The damaged one is kept."""
    from openedx_infra.operations.stack_files import stack_file
    from openedx_infra.operations.state import damaged_state
    from openedx_infra.operations.state.open_stack import open_stack, tools

    console = new_console()
    live = open_stack(stack_file.read(stack, config_file), tools(console))
    damaged_state.restore(stack, live.cli.environment, console, None if yes else confirm)
