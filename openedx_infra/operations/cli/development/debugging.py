"""Arguments of `dev debug`."""

from __future__ import annotations

from typing import Annotated

import typer

from openedx_infra.operations.cli.development.options import opened
from openedx_infra.operations.cli.development.shells import ProcessName
from openedx_infra.operations.cli.options import ConfigFile, StackName, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()


@app.command()
def debug(
    process: ProcessName = "lms",
    debugpy: Annotated[
        bool, typer.Option("--debugpy", help="Bring debugpy's port to this machine, for an editor.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(help="Port of this machine, with --debugpy. Default: debugger.port.", min=0, max=65535),
    ] = None,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Be the terminal of a process until Ctrl-C: where `breakpoint()` is reached, the debugger asks there."""
    from openedx_infra.operations.development import debugging

    if port is not None and not debugpy:
        raise typer.BadParameter("there is a port with --debugpy alone", param_hint="--port")
    client, config = opened(stack, config_file)
    if debugpy:
        debugging.forward_debugpy(config, client, process, port, new_console(), new_console(error=True))
    else:
        debugging.attach(client, process, new_console())
