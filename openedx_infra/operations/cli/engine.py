"""Arguments of `env`."""

from __future__ import annotations

import typer

from openedx_infra.operations.cli.options import (
    ConfigFile,
    StackName,
    new_console,
)
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()


@app.command()
def env(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Print shell lines for working by hand: eval "$(openedx-infra env)"."""
    from openedx_infra.operations.engine import session
    from openedx_infra.operations.stack_files import stack_file

    for line in session.exports(stack_file.read(stack, config_file), new_console(error=True)):
        typer.echo(line)
