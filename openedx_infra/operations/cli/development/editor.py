"""Arguments of `dev editor`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, StackName, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()


class Editor(StrEnum):
    """Editors that files are written for."""

    VSCODE = "vscode"
    PYCHARM = "pycharm"


@app.command()
def editor(
    name: Annotated[Editor, typer.Argument(help="The editor.")],
    folder: Annotated[
        Path | None,
        typer.Option(help="Folder that is opened in the editor. Default: the mounted edx-platform."),
    ] = None,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Write files for an editor: debuggers that attach to pods, a dev container, run configurations.

    They go beside what is there: nothing of yours is replaced.
    """
    from openedx_infra.operations.development.editors import commands
    from openedx_infra.operations.development.instance import require
    from openedx_infra.operations.stack_files.stack_file import instance, read

    config = instance(read(stack, config_file), placeholders=True)
    require(config)
    commands.prepare(name.value, config, folder, new_console())
