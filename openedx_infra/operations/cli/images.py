"""Arguments of `images list`, `digest`, `build` and `push`."""

from __future__ import annotations

from typing import Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, Json, StackName, new_console
from openedx_infra.operations.images.build_options import BuildOptions
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer(help="Container images of a stack.", no_args_is_help=True)

Names = Annotated[
    list[str] | None, typer.Argument(help="Images by their keys: openedx, mfe. Default: all that are built.")
]
Target = Annotated[str | None, typer.Option(help="Stage to build, such as development.")]
Tag = Annotated[str | None, typer.Option(help="Tag to use instead of the stack file's.")]


@app.command("list")
def list_images(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, json: Json = False) -> None:
    """List every image of the stack, companion services and extra containers included."""
    from openedx_infra.operations.images import commands
    from openedx_infra.operations.stack_files.stack_file import instance, read

    commands.show(instance(read(stack, config_file), placeholders=True), new_console(), json=json)


@app.command()
def digest(
    references: Annotated[
        list[str] | None, typer.Argument(help="Image references. Default: those of the stack.")
    ] = None,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    write: Annotated[bool, typer.Option("--write", help="Write the digests into the stack file.")] = False,
) -> None:
    """Ask registries for digests, and print them as lines for the stack file."""
    from openedx_infra.operations.images import commands
    from openedx_infra.operations.stack_files.stack_file import instance, read

    if references and write:
        raise typer.BadParameter("--write is for the images of the stack: name no references")
    file = read(stack, config_file)
    commands.digests(file, instance(file, placeholders=True), references or [], new_console(), write=write)


@app.command()
def build(
    names: Names = None,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    target: Target = None,
    tag: Tag = None,
) -> None:
    """Build images as `up` would, and push none: they go into Docker, or into the builder's cache."""
    _build(BuildOptions(names=names or (), push=False, target=target, tag=tag), stack, config_file)


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
    _build(
        BuildOptions(names=names or (), push=True, target=target, tag=tag, attest=attest), stack, config_file
    )


def _build(options: BuildOptions, stack: str, config_file: ConfigFile) -> None:
    from openedx_infra.operations.images import commands
    from openedx_infra.operations.stack_files.stack_file import instance, read

    file = read(stack, config_file)
    commands.build(file, instance(file, placeholders=True), options, new_console())
