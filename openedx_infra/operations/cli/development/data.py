"""Arguments of `dev reset`, `dev seed` and `dev snapshot`."""

from __future__ import annotations

from typing import Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, Json, StackName, Yes, confirm, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()
snapshot = typer.Typer(help="Snapshots of all data of a development instance.", no_args_is_help=True)
app.add_typer(snapshot, name="snapshot")

SnapshotName = Annotated[str, typer.Argument(help="Name of the snapshot.")]


@snapshot.command()
def save(
    name: SnapshotName,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a snapshot of this name.")] = False,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Copy all data: databases, queues, search indexes and uploaded files. Servers stop for some seconds."""
    from openedx_infra.operations.development.data import snapshots as verb

    verb.save(verb.Request(name=stack, config_file=config_file), name, new_console(), replace=replace)


@snapshot.command()
def load(
    name: SnapshotName, stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, yes: Yes = False
) -> None:
    """Put a snapshot in the place of all data. A damaged one is refused before anything changes."""
    from openedx_infra.operations.development.data import snapshots as verb

    request = verb.Request(name=stack, config_file=config_file)
    verb.load(request, name, new_console(), confirm=None if yes else confirm)


@snapshot.command("list")
def list_snapshots(
    stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, json: Json = False
) -> None:
    """List the snapshots of an instance."""
    from openedx_infra.operations.development.data import snapshots as verb

    verb.show(verb.Request(name=stack, config_file=config_file), new_console(), as_json=json)


@snapshot.command()
def delete(
    name: SnapshotName, stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, yes: Yes = False
) -> None:
    """Delete a snapshot."""
    from openedx_infra.operations.development.data import snapshots as verb

    request = verb.Request(name=stack, config_file=config_file)
    verb.delete(request, name, new_console(), confirm=None if yes else confirm)


@app.command()
def reset(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, yes: Yes = False) -> None:
    """Delete all data of a development instance, and set it up as new. Snapshots stay."""
    from openedx_infra.operations.development.data import reset as verb

    request = verb.Request(name=stack, config_file=config_file)
    verb.reset(request, new_console(), confirm=None if yes else confirm)


@app.command()
def seed(
    without_course: Annotated[
        bool, typer.Option("--without-course", help="Make the users only, without the demo course.")
    ] = False,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Import the demo course, and make users edx, staff, instructor, verified, audit and honor, each with the
    password `edx`."""
    from openedx_infra.operations.development.data import seed as verb

    request = verb.Request(name=stack, config_file=config_file)
    verb.seed(request, new_console(), course=not without_course)
