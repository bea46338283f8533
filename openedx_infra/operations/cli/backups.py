"""What can one type about backups? `backup`, `backup list`, `restore` and `verify`."""

from __future__ import annotations

from typing import Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, Json, StackName, Yes, confirm, speaker
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()
backup_app = typer.Typer(help="Make a backup now, or list those that there are.", invoke_without_command=True)
app.add_typer(backup_app, name="backup")


@backup_app.callback()
def backup(context: typer.Context, stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Make a backup now, and wait until it is kept."""
    if context.invoked_subcommand is not None:
        return
    from openedx_infra.operations.backups import backup as verb

    verb.make(verb.Request(name=stack, config_file=config_file), speaker())


@backup_app.command("list")
def list_backups(
    stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, json: Json = False
) -> None:
    """Show the backups that there are."""
    from openedx_infra.operations.backups import backup as verb

    verb.show(verb.Request(name=stack, config_file=config_file), speaker(), as_json=json)


@app.command()
def restore(
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    snapshot: Annotated[
        str, typer.Option(help="Beginning of a backup's ID, as `backup list` shows it.")
    ] = "latest",
    without_present_data: Annotated[
        bool, typer.Option(help="Don't keep the present data before: where the databases are broken.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Put a backup's data in the place of the instance's. A backup that is damaged is refused before."""
    from openedx_infra.operations.backups import restore as verb

    options = verb.Options(snapshot=snapshot, keep_present=not without_present_data)
    request = verb.Request(name=stack, config_file=config_file)
    verb.restore(request, options, speaker(), confirm=None if yes else confirm)


@app.command()
def verify(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Prove now that the newest backup can be restored, in a namespace made for it."""
    from openedx_infra.operations.backups import backup as verb

    verb.verify(verb.Request(name=stack, config_file=config_file), speaker())
