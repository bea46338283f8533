"""Arguments of `status` and `down`."""

from __future__ import annotations

from typing import Annotated

import typer

from openedx_infra.operations.cli.options import (
    ConfigFile,
    Json,
    StackName,
    new_console,
)
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()


@app.command()
def status(
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    json: Json = False,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every 5 seconds, until Ctrl-C.")] = False,
) -> None:
    """Show what is ready, missing or changed by hand, and why.

    Exits with code 1 unless all that the stack created is there, as it was applied, and ready. Objects that
    are not of the stack are named, and don't count.
    """
    from openedx_infra.operations.drift import status as verb
    from openedx_infra.operations.stack_files.stack_file import read, validated

    if watch and json:
        raise typer.BadParameter("choose one: --watch is for people, --json for machines")
    file = read(stack, config_file)
    valid = validated(file, placeholders=True)
    console = new_console()
    good = verb.watch(file, valid, console) if watch else verb.report(file, valid, console, json=json)
    if not good:
        raise typer.Exit(1)


@app.command()
def down(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Stop the embedded cluster. Its data stays, and the next `up` continues with it."""
    from openedx_infra.operations.cluster import connection
    from openedx_infra.operations.errors import OperationError
    from openedx_infra.operations.stack_files.stack_file import read

    if not read(stack, config_file).local:
        raise OperationError(
            f"Stack {stack} names its own cluster, which is not ours to stop.",
            remedy=f"`openedx-infra destroy --stack {stack}` deletes what the stack made there",
        )
    connection.stop_embedded(new_console())
