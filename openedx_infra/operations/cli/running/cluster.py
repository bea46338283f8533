"""Arguments of `status` and `down`."""

from __future__ import annotations

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
def status(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, json: Json = False) -> None:
    """Show what is ready, and why the rest is not. Exits with code 1 unless everything is ready."""
    from openedx_infra.operations.cluster import status as verb
    from openedx_infra.operations.stack_files.stack_file import read, validated

    file = read(stack, config_file)
    if not verb.report(file, validated(file, placeholders=True), new_console(), json=json):
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
