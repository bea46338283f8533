"""Arguments of `dev cluster`, `dev cluster create` and `dev cluster delete`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, StackName, Yes, confirm, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()
cluster = typer.Typer(help="Find, make or delete a cluster on this machine.", invoke_without_command=True)
app.add_typer(cluster, name="cluster")

Name = Annotated[str, typer.Option("--name", help="Name of the cluster.")]


class With(StrEnum):
    """What makes a cluster."""

    k3d = "k3d"
    kind = "kind"


@cluster.callback()
def show(context: typer.Context, stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Show the clusters of this machine, and whether their nodes see the mounted folders."""
    if context.invoked_subcommand is not None:
        return
    from openedx_infra.operations.development.local_cluster import verbs

    verbs.show(stack, config_file, new_console())


@cluster.command()
def create(
    program: Annotated[With, typer.Option("--with", help="Program that makes it.")] = With.k3d,
    name: Name = "openedx",
    registry_port: Annotated[int, typer.Option(help="Port of its registry; 0: none. k3d alone.")] = 5050,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Make a cluster that sees the mounted folders, with the stack's ports, and name it in the stack file."""
    from openedx_infra.operations.development.local_cluster import verbs

    verbs.create(
        stack,
        config_file,
        new_console(),
        program=program.value,
        cluster=name,
        registry=registry_port or None,
    )


@cluster.command()
def delete(name: Name = "openedx", yes: Yes = False) -> None:
    """Delete a cluster that `dev cluster create` made."""
    from openedx_infra.operations.development.local_cluster import verbs

    verbs.delete(name, new_console(), confirm=None if yes else confirm)
