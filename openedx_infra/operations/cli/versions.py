"""What can one type to go from one version to another? `rollback` and `switch`."""

from __future__ import annotations

from typing import Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, StackName, Yes, confirm, speaker
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()

Write = Annotated[bool, typer.Option(help="Write it into the stack file, too.")]


@app.command()
def rollback(
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    back: Annotated[int, typer.Option(help="How many versions to go back.", min=1)] = 1,
    accept_database: Annotated[
        bool, typer.Option(help="Return though the database was changed, or can't be judged.")
    ] = False,
    write: Write = False,
    yes: Yes = False,
) -> None:
    """Return to the images and settings of before. The database and the secrets stay as they are.

    It is refused when the code of before can't live with what migrations did since.
    """
    from openedx_infra.operations.versions import rollback as verb

    request = verb.Request(name=stack, config_file=config_file)
    options = verb.Options(back=back, accept_database=accept_database, write=write)
    verb.rollback(request, speaker(), options, confirm=None if yes else confirm)


@app.command()
def switch(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, yes: Yes = False) -> None:
    """Have visitors reach the other of two versions, blue or green, and write that into the stack file."""
    from openedx_infra.operations.versions import switch as verb

    request = verb.Request(name=stack, config_file=config_file)
    verb.switch(request, speaker(), confirm=None if yes else confirm)
