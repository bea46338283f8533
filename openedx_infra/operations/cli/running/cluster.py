"""Arguments of `status`, `drift` and `down`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openedx_infra.operations.cli.options import (
    ConfigFile,
    Json,
    StackName,
    Yes,
    confirm,
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
def drift(
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    json: Json = False,
    metrics: Annotated[
        Path | None, typer.Option(help="File to write metrics into, in Prometheus' text format.")
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Set back what differs, and nothing else, after a question.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Show what was changed by hand since the last `up`: each field, by whom and when.

    Exits with 0 when nothing was, 2 when something was, and 1 when that can't be told. With --fix, 0 when all
    is set back. What others own is passed over: `openedx:drift.ignore`.
    """
    from openedx_infra.operations.drift import findings
    from openedx_infra.operations.engine.session import Request
    from openedx_infra.operations.stack_files.stack_file import read, validated

    if fix and json:
        raise typer.BadParameter("choose one: --fix prints what it does, --json is for machines")
    file = read(stack, config_file)
    found = findings.look(file, validated(file, placeholders=True))
    console = new_console()
    if json:
        findings.print_json(found)
    else:
        found.print(console)
    if fix and found.drift.found:
        from openedx_infra.operations.maintenance.mend import mend

        ask = None if yes or file.local else confirm
        if mend(Request(name=stack, config_file=config_file), found, console, confirm=ask):
            found = findings.look(file, validated(file, placeholders=True))
            found.print(console)
    if metrics is not None:
        findings.write_metrics(found, metrics)
    raise typer.Exit(found.exit_code)


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
