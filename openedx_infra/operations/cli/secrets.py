"""Arguments of the commands under `secrets`."""

from __future__ import annotations

from pathlib import Path
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
    """Show the secrets of the stack: which exist, what each is used for, and what changing one does."""
    from openedx_infra.operations.secrets import commands

    commands.show(stack, config_file, new_console())


@app.command()
def generate(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Generate the missing secrets, and write them, encrypted, into the stack file."""
    from openedx_infra.operations.secrets import commands

    commands.generate(stack, config_file, new_console())


@app.command("set")
def set_secret(
    name: Annotated[str, typer.Argument(help="Name of the secret.")],
    file: Annotated[Path | None, typer.Option(help="File that holds the value.")] = None,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Set a secret that only you know, encrypted, from standard input or a file; a terminal is asked for it.

    The value is never an argument, which others could read and the shell would keep.
    """
    from openedx_infra.operations.secrets import commands

    commands.put(name, file, stack, config_file, new_console(), _ask)


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="Name of the secret.")],
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Remove a secret that nothing uses from the stack file."""
    from openedx_infra.operations.secrets import commands

    commands.remove(name, stack, config_file, new_console())


def _ask(question: str) -> str:
    value: str = typer.prompt(question, hide_input=True, confirmation_prompt=True)
    return value


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
