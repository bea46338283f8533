"""Arguments of `backup`, `backup list`, `restore` and `verify`."""

from __future__ import annotations

from typing import Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, Json, StackName, Yes, confirm, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()
backup_app = typer.Typer(help="Make a backup now, or list the existing ones.", invoke_without_command=True)
app.add_typer(backup_app, name="backup")


@backup_app.callback()
def backup(context: typer.Context, stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Make a backup now, and wait until it is stored."""
    if context.invoked_subcommand is not None:
        return
    from openedx_infra.operations.backups import backup as verb

    verb.make(verb.Request(name=stack, config_file=config_file), new_console())


@backup_app.command("list")
def list_backups(
    stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, json: Json = False
) -> None:
    """List the existing backups."""
    from openedx_infra.operations.backups import backup as verb

    verb.show(verb.Request(name=stack, config_file=config_file), new_console(), as_json=json)


@app.command()
def restore(
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    snapshot: Annotated[
        str, typer.Option(help="Beginning of a backup's ID, as `backup list` shows it.")
    ] = "latest",
    without_present_data: Annotated[
        bool, typer.Option(help="Don't save the present data first: for when the databases are broken.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Replace the instance's data with a backup's. A damaged backup is refused before anything changes."""
    from openedx_infra.operations.backups import restore as verb

    options = verb.Options(snapshot=snapshot, keep_present=not without_present_data)
    request = verb.Request(name=stack, config_file=config_file)
    verb.restore(request, options, new_console(), confirm=None if yes else confirm)


@app.command()
def verify(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Prove that the newest backup can be restored, in a temporary namespace."""
    from openedx_infra.operations.backups import backup as verb

    verb.verify(verb.Request(name=stack, config_file=config_file), new_console())
