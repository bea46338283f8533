"""Arguments of `check` and `render`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openedx_infra.operations.cli.options import (
    ConfigFile,
    ShowSecrets,
    StackName,
    new_console,
)
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()


@app.command()
def check(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Validate the stack offline: its configuration, settings and objects, and the rules for them."""
    from openedx_infra.operations.offline import check as verb

    verb.show(verb.check(stack, config_file), new_console())


@app.command()
def render(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.")],
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    show_secrets: ShowSecrets = False,
) -> None:
    """Write the Kubernetes objects as YAML, one file each, secrets redacted."""
    from openedx_infra.operations.offline import render as verb

    console = new_console()
    written = verb.render(
        stack, config_file, output, show_secrets=show_secrets, console=new_console(error=True)
    )
    console.print(f"{len(written)} objects written to {output}.", soft_wrap=True)
