"""Arguments of `dev shell`, `dev bash`, `dev manage` and `dev logs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from openedx_infra.operations.cli.development.options import opened
from openedx_infra.operations.cli.options import ConfigFile, StackName
from openedx_infra.operations.cli.running import pods
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

if TYPE_CHECKING:
    from lightkube import Client

app = typer.Typer()
app.command()(pods.logs)  # the same verb: logs are read of pods in any state

SiteName = Annotated[str, typer.Argument(help="lms or studio.")]
ProcessName = Annotated[str, typer.Argument(help="lms, studio, worker (the LMS') or studio-worker.")]


@app.command()
def shell(site: SiteName = "lms", stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Open Django's shell of the LMS or Studio, also while its source is too broken to serve."""
    _manage(site, ["shell"], stack, config_file)


@app.command()
def manage(
    site: SiteName,
    command: Annotated[list[str], typer.Argument(help="A management command and its arguments, after `--`.")],
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Run a management command of the LMS or Studio, also while its source is too broken to serve."""
    _manage(site, command, stack, config_file)


@app.command()
def bash(
    process: ProcessName = "lms", stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None
) -> None:
    """Open a shell in the container of a process, in the folder of its source; what is piped in is run."""
    _run(opened(stack, config_file)[0], process, ["bash"])


def _manage(site: str, arguments: list[str], stack: str, config_file: ConfigFile) -> None:
    from openedx_infra.operations.pods.shells import manage as place_of

    client, config = opened(stack, config_file)
    component, command = place_of(config, site, arguments)
    _run(client, component, command)


def _run(client: Client, process: str, command: list[str]) -> None:
    from openedx_infra.operations.development import processes
    from openedx_infra.operations.pods import terminal

    raise typer.Exit(terminal.run(processes.running(client, process), command))
