"""`python -m tools`: toolchain, embedded cluster and builder by hand, for make, CI and debugging."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tools.builder import Builder, builder_dir
from tools.cluster import EmbeddedCluster, cluster_dir
from tools.errors import ToolError
from tools.recipes import ALL, TOOLS
from tools.toolchain import ensure

CHECKOUT = Path(__file__).resolve().parent.parent
"""The checkout that these tools are part of."""

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
cluster_app = typer.Typer(help="The embedded cluster of this checkout.", no_args_is_help=True)
app.add_typer(cluster_app, name="cluster")
builder_app = typer.Typer(help="The builder and registry of this checkout.", no_args_is_help=True)
app.add_typer(builder_app, name="builder")


def _known(names: list[str] | None) -> list[str] | None:
    if unknown := sorted({*(names or ())} - {*TOOLS}):
        raise typer.BadParameter(
            f"there is no tool {', '.join(unknown)}; there are {', '.join(sorted(TOOLS))}"
        )
    return names


Names = Annotated[
    list[str] | None, typer.Argument(help="Tools by name. Default: all.", callback=_known, show_default=False)
]


@app.command()
def install(names: Names = None) -> None:
    """Provide the tools: found on PATH, downloaded or built."""
    for binary, path in ensure(names or ALL).paths.items():
        typer.echo(f"{binary}\t{path}")


@app.command()
def env(names: Names = None) -> None:
    """Print shell lines that put the tools in place: eval "$(python -m tools env)"."""
    changed = ensure(names or ALL).environment(os.environ)
    for key, value in changed.items():
        if os.environ.get(key) != value:
            typer.echo(f"export {key}={shlex.quote(value)}")


@builder_app.command("start")
def start_builder() -> None:
    """Start them, and print shell lines by which buildx and Pulumi find the builder."""
    builder = _builder()
    builder.start()
    for key, value in builder.environment({}).items():
        typer.echo(f"export {key}={shlex.quote(value)}")
    typer.echo(f"# registry: {builder.registry}")


@builder_app.command("stop")
def stop_builder() -> None:
    """Stop them; images and cache stay."""
    _builder().stop()


@builder_app.command("destroy")
def destroy_builder() -> None:
    """Stop them and delete images and cache."""
    _builder().destroy()


@cluster_app.command()
def start() -> None:
    """Start the cluster, or repair it; a running one is left as it is."""
    cluster = _cluster()
    cluster.start(Console(stderr=True))
    typer.echo(f"export KUBECONFIG={shlex.quote(str(cluster.kubeconfig))}")


@cluster_app.command()
def stop() -> None:
    """Stop the cluster; what is in it stays."""
    _cluster().stop()


@cluster_app.command()
def destroy() -> None:
    """Stop the cluster and delete all that is in it."""
    _cluster().destroy()


@cluster_app.command()
def status() -> None:
    """Print what runs and where."""
    typer.echo(_cluster().describe())


def _builder() -> Builder:
    return Builder(builder_dir(CHECKOUT))


def _cluster() -> EmbeddedCluster:
    return EmbeddedCluster(cluster_dir(CHECKOUT))


def main() -> None:
    """Run a command; errors of the tools are printed without a traceback."""
    try:
        app()
    except ToolError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
