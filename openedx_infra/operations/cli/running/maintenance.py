"""Arguments of `stop` and `start`."""

from __future__ import annotations

import typer

from openedx_infra.operations.cli.options import ConfigFile, StackName, Yes, confirm, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()


@app.command()
def stop(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, yes: Yes = False) -> None:
    """Let the site rest: visitors get the maintenance page, everything of the platform stops, the data stays.

    It is written into the stack file, so that later runs of `up` don't start the site. Workers finish their
    tasks first, which may take as long as their pools' grace_seconds.
    """
    from openedx_infra.operations.maintenance import stop as verb
    from openedx_infra.operations.stack_files import stack_file

    request = verb.Request(name=stack, config_file=config_file)
    ask = None if yes or stack_file.read(stack, config_file).local else confirm
    verb.stop(request, new_console(), confirm=ask)


@app.command()
def start(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, yes: Yes = False) -> None:
    """Start a site that `stop` stopped; visitors get the maintenance page until it serves."""
    from openedx_infra.operations.maintenance import stop as verb
    from openedx_infra.operations.stack_files import stack_file

    request = verb.Request(name=stack, config_file=config_file)
    ask = None if yes or stack_file.read(stack, config_file).local else confirm
    verb.start(request, new_console(), confirm=ask)
