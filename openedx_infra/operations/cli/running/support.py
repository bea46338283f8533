"""Arguments of `support`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, StackName, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()


@app.command()
def support(
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write. Default: support-STACK.zip.")
    ] = None,
    preview: Annotated[bool, typer.Option(help="Add what `up` would change.")] = True,
) -> None:
    """Collect status, events, logs, objects, settings and preview in one archive, without secrets."""
    from openedx_infra.operations.engine.session import Request
    from openedx_infra.operations.support import archive as verb

    console = new_console()
    request = Request(name=stack, config_file=config_file)
    path = verb.support(request, output or Path(f"support-{stack}.zip"), console, preview=preview)
    console.print(f"{path} is written. Look through it before you send it to anybody.", soft_wrap=True)
