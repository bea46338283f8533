"""Arguments of `dev certificates`."""

from __future__ import annotations

import typer

from openedx_infra.operations.cli.development.options import opened
from openedx_infra.operations.cli.options import ConfigFile, StackName, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()


@app.command()
def certificates(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Issue a certificate for the hosts by an authority of this machine, and print how to trust it."""
    from openedx_infra.operations.development import certificates as room

    client, config = opened(stack, config_file)
    room.put(client, config, new_console())
