"""Arguments of `dev clone`."""

from __future__ import annotations

from typing import Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, StackName, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()


@app.command()
def clone(
    whole: Annotated[
        bool, typer.Option("--whole", help="With all history, not with the newest commit alone.")
    ] = False,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Clone mounts that name a Git repository, at the release's ref or theirs. Folders that are there are
    left as they are."""
    from openedx_infra.operations.development.clones import clone_missing
    from openedx_infra.operations.development.instance import require
    from openedx_infra.operations.stack_files import stack_file

    config = stack_file.instance(stack_file.read(stack, config_file), placeholders=True)
    require(config)
    clone_missing(config, new_console(), whole=whole)
