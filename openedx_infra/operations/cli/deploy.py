"""Arguments of `preview`, `destroy` and `outputs`."""

from __future__ import annotations

from typing import Annotated

import typer

from openedx_infra.operations.cli.options import (
    ConfigFile,
    Json,
    Refresh,
    ShowSecrets,
    StackName,
    Yes,
    confirm,
    new_console,
)
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()


@app.command()
def preview(
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    refresh: Refresh = False,
    expect_no_changes: Annotated[bool, typer.Option(help="Fail when there is any change.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show the changed lines of each object, too.")] = False,
    json: Json = False,
) -> None:
    """Show what `up` would change: settings, images, sizes, and what restarts because of it."""
    from openedx_infra.operations.deploy import deploy

    request = deploy.Request(name=stack, config_file=config_file)
    console = new_console(error=json)
    deploy.preview(request, console, refresh=refresh, unchanged=expect_no_changes, diff=diff, json=json)


@app.command()
def destroy(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, yes: Yes = False) -> None:
    """Delete everything that the stack made, except what holds data and is protected.

    As by `up`, you are asked before, unless --yes is given or the cluster is the embedded one.
    """
    from openedx_infra.operations.deploy import deploy
    from openedx_infra.operations.stack_files import stack_file

    request = deploy.Request(name=stack, config_file=config_file)
    ask = None if yes or stack_file.read(stack, config_file).local else confirm
    deploy.destroy(request, new_console(), confirm=ask)


@app.command()
def outputs(
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    json: Json = False,
    show_secrets: ShowSecrets = False,
) -> None:
    """Print the outputs of the stack: addresses, namespace, images, configuration."""
    from openedx_infra.operations.deploy import outputs as verb

    verb.show(
        verb.Request(name=stack, config_file=config_file),
        new_console(),
        json=json,
        show_secrets=show_secrets,
    )
