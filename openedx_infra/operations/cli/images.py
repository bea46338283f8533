"""What can one type after `openedx-infra images`?"""

from __future__ import annotations

from typing import Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, Json, StackName, speaker
from openedx_infra.operations.images.build_options import Wish
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer(help="Container images of a stack.", no_args_is_help=True)

Names = Annotated[
    list[str] | None, typer.Argument(help="Images by their keys: openedx, mfe. Default: all that are built.")
]
Target = Annotated[str | None, typer.Option(help="Stage to build, such as development.")]
Tag = Annotated[str | None, typer.Option(help="Tag to give rather than the stack file's.")]


@app.command("list")
def list_images(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, json: Json = False) -> None:
    """Show every image of the stack, and where it comes from."""
    from openedx_infra.operations.images import commands
    from openedx_infra.operations.stack_files.stack_file import instance, read

    commands.show(instance(read(stack, config_file), placeholders=True), speaker(), json=json)


@app.command()
def digest(
    references: Annotated[
        list[str] | None, typer.Argument(help="Image references. Default: those of the stack.")
    ] = None,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    write: Annotated[bool, typer.Option("--write", help="Write the digests into the stack file.")] = False,
) -> None:
    """Ask registries for digests, and print the lines of a stack file that has them."""
    from openedx_infra.operations.images import commands
    from openedx_infra.operations.stack_files.stack_file import instance, read

    if references and write:
        raise typer.BadParameter("--write is for the images of the stack: name none")
    file = read(stack, config_file)
    commands.digests(file, instance(file, placeholders=True), references or [], speaker(), write=write)


@app.command()
def build(
    names: Names = None,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    target: Target = None,
    tag: Tag = None,
) -> None:
    """Build images as `up` would, and push none: they go into Docker, or into the builder's cache."""
    _build(Wish(names=names or (), push=False, target=target, tag=tag), stack, config_file)


@app.command()
def push(
    names: Names = None,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    target: Target = None,
    tag: Tag = None,
    attest: Annotated[bool, typer.Option(help="Add SBOM and provenance; fetches a scanner.")] = False,
) -> None:
    """Build images as `up` would, and push them to their registries."""
    _build(Wish(names=names or (), push=True, target=target, tag=tag, attest=attest), stack, config_file)


def _build(wish: Wish, stack: str, config_file: ConfigFile) -> None:
    from openedx_infra.operations.images import commands
    from openedx_infra.operations.stack_files.stack_file import instance, read

    file = read(stack, config_file)
    commands.build(file, instance(file, placeholders=True), wish, speaker())
