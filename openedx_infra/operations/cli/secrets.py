"""Arguments of `secrets list`, `generate`, `repair` and `rotate`."""

from __future__ import annotations

from typing import Annotated

import typer

from openedx_infra.operations.cli.options import (
    ConfigFile,
    StackName,
    Yes,
    confirm,
    new_console,
)
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer(help="Passwords and keys of a stack.", no_args_is_help=True)


@app.command("list")
def list_secrets(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Show the secrets that the stack needs, which of them exist, and what rotating one does."""
    from openedx_infra.operations.secrets import commands

    commands.show(stack, config_file, new_console())


@app.command()
def generate(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Generate the missing secrets, and write them, encrypted, into the stack file."""
    from openedx_infra.operations.secrets import commands

    commands.generate(stack, config_file, new_console())


@app.command()
def repair(
    salt: Annotated[
        list[str] | None, typer.Option(help="Salt to try besides: `encryptionsalt` of an older stack file.")
    ] = None,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Make secrets readable again that were encrypted with different salts."""
    from openedx_infra.operations.secrets import commands

    commands.repair(stack, config_file, salt or [], new_console())


@app.command()
def rotate(
    names: Annotated[list[str] | None, typer.Argument(help="Names of secrets.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All secrets that can be replaced without loss.")
    ] = False,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    yes: Yes = False,
) -> None:
    """Replace secrets with new ones. The next `up` applies them."""
    from openedx_infra.operations.secrets import commands

    if bool(names) == everything:
        raise typer.BadParameter("name secrets, or use --all")
    commands.rotate(names, stack, config_file, new_console(), confirm=None if yes else confirm)
