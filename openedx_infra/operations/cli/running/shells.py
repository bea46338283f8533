"""Arguments of `exec`, `shell`, `manage`, `sql`, `mongo` and `port-forward`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, StackName, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

if TYPE_CHECKING:
    from lightkube import Client

    from openedx_infra.config import Stack

app = typer.Typer()

SiteName = Annotated[str, typer.Argument(help="lms or studio.")]


@app.command("exec")
def exec_command(
    component: Annotated[str, typer.Argument(help="Such as lms, studio, lms-worker-default, mfe or mysql.")],
    command: Annotated[list[str], typer.Argument(help="The command, after `--`.")],
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    container: Annotated[str | None, typer.Option(help="Container of the pod. Default: its first.")] = None,
) -> None:
    """Run a command in a pod of a component, with your input, output and terminal; exits with its code."""
    _run(stack, config_file, lambda _: (component, command), container)


@app.command()
def shell(site: SiteName = "lms", stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Open Django's shell of the LMS or Studio; what is piped in is run."""
    from openedx_infra.operations.pods import shells

    _run(stack, config_file, lambda config: shells.manage(config, site, ["shell"]))


@app.command()
def manage(
    site: SiteName,
    command: Annotated[list[str], typer.Argument(help="A management command and its arguments, after `--`.")],
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Run a management command of the LMS or Studio (`manage.py`); exits with its code."""
    from openedx_infra.operations.pods import shells

    _run(stack, config_file, lambda config: shells.manage(config, site, command))


@app.command()
def sql(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Open MySQL's client on the platform's database; what is piped in is run."""
    from openedx_infra.operations.pods import shells

    _run(stack, config_file, shells.sql)


@app.command()
def mongo(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Open a shell on the platform's MongoDB: mongosh, or Python's where others run the server."""
    from openedx_infra.operations.pods import shells

    _run(stack, config_file, shells.mongo)


@app.command("port-forward")
def port_forward(
    component: Annotated[str, typer.Argument(help="Such as lms, mfe, mysql or meilisearch.")],
    port: Annotated[
        str | None, typer.Argument(help="PORT, or LOCAL:REMOTE. Default: the component's own.")
    ] = None,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Let a port of this machine, on 127.0.0.1 alone, lead to a pod of a component, until Ctrl-C."""
    from openedx_infra.operations.pods import forward as verb

    local, remote = _ports(port) if port else (None, None)
    client, _ = _opened(stack, config_file)
    remote = remote or verb.port_of(client, component)
    console, errors = new_console(), new_console(error=True)
    verb.forward(
        verb.Forward(
            client=client, component=component, local=remote if local is None else local, remote=remote
        ),
        lambda chosen: console.print(
            f"{verb.HOST}:{chosen} leads to port {remote} of {component}, until Ctrl-C.", highlight=False
        ),
        lambda message: errors.print(message, style="red", markup=False, highlight=False, soft_wrap=True),
    )


def _run(
    stack: str,
    config_file: ConfigFile,
    place: Callable[[Stack], tuple[str, list[str]]],
    container: str | None = None,
) -> None:
    """Run a command where it belongs, and end with its code."""
    from openedx_infra.operations.pods import container as containers
    from openedx_infra.operations.pods import terminal

    client, config = _opened(stack, config_file)
    component, command = place(config)
    raise typer.Exit(terminal.run(containers.choose(client, component, container), command))


def _opened(stack: str, config_file: ConfigFile) -> tuple[Client, Stack]:
    from openedx_infra.operations.cluster.target import target_of
    from openedx_infra.operations.stack_files.stack_file import instance, read

    file = read(stack, config_file)
    config = instance(file, placeholders=True)
    client = target_of(config, local=file.local).client()
    assert client is not None  # an instance has a cluster
    return client, config


def _ports(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(?:(\d{1,5}):)?(\d{1,5})", text)
    numbers = [int(part) for part in match.groups() if part] if match else []
    if not numbers or not 1 <= numbers[-1] <= 65535 or numbers[0] > 65535:
        raise typer.BadParameter(
            f"{text!r} is no port: write PORT or LOCAL:REMOTE, such as 8000 or 9000:8000"
        )
    return numbers[0], numbers[-1]
