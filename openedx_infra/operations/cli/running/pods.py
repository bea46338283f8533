"""Arguments of `logs` and `restart`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, StackName, Yes, confirm, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

if TYPE_CHECKING:
    from lightkube import Client

app = typer.Typer()

Component = Annotated[
    str | None,
    typer.Argument(
        help="Such as lms, studio, lms-worker-default, mfe or mysql; lms-worker means all of LMS' workers. "
        "Default: all that runs the platform's code."
    ),
]
TAIL = 100
"""Lines of each container that `logs` shows when neither --since nor --tail is given."""
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@app.command()
def logs(
    component: Component = None,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C, new pods included.")
    ] = False,
    since: Annotated[str | None, typer.Option(help="Only lines of the last 90s, 10m, 2h or 1d.")] = None,
    tail: Annotated[
        int | None,
        typer.Option(
            help=f"Lines of each container, from the end. Default: {TAIL}, or all with --since.", min=0
        ),
    ] = None,
    previous: Annotated[
        bool, typer.Option("--previous", "-p", help="Of containers before their last restart.")
    ] = False,
    raw: Annotated[bool, typer.Option("--raw", help="JSON lines as they are.")] = False,
) -> None:
    """Show the logs of all pods of a component in one, each line with its pod; JSON lines in words."""
    from openedx_infra.operations.pods import logs as verb
    from openedx_infra.operations.pods.show_lines import Printer

    if follow and previous:
        raise typer.BadParameter("a container that ended writes no more: use --follow or --previous")
    seconds = _seconds(since) if since else None
    lines = TAIL if tail is None and seconds is None else tail
    wanted = verb.Wanted(follow=follow, previous=previous, since_seconds=seconds, tail=lines)
    printer = Printer(new_console(), new_console(error=True), raw=raw)
    show = verb.follow if follow else verb.read
    show(_client(stack, config_file), component, wanted, printer.line, printer.note)


@app.command()
def restart(
    component: Component = None,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    yes: Yes = False,
) -> None:
    """Replace the pods of a component by new ones, without a pause where new ones can serve first.

    You are asked before a server of data restarts, as the site can't work meanwhile.
    """
    from openedx_infra.operations.pods import restart as verb

    client = _client(stack, config_file)
    chosen = verb.workloads(client, component)
    data = [each.name for each in chosen if each.holds_data]
    question = f"Restart {', '.join(data)}? Each is away until its one pod is back, and the site with it."
    if data and not yes and not confirm(question):
        return
    console = new_console()
    verb.restart(client, chosen, console)
    console.print(f"{len(chosen)} restarted: {', '.join(each.name for each in chosen)}.", soft_wrap=True)


def _client(stack: str, config_file: ConfigFile) -> Client:
    from openedx_infra.operations.cluster.target import target_of
    from openedx_infra.operations.stack_files.stack_file import instance, read

    file = read(stack, config_file)
    client = target_of(instance(file, placeholders=True), local=file.local).client()
    assert client is not None  # an instance has a cluster
    return client


def _seconds(text: str) -> int:
    parts = re.findall(r"(\d+)([smhd])", text)
    if not parts or "".join(map("".join, parts)) != text:
        raise typer.BadParameter(
            f"{text!r} is no time: write 90s, 10m, 2h, 1d or 1h30m", param_hint="--since"
        )
    return sum(int(number) * _SECONDS[unit] for number, unit in parts)
