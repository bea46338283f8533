"""Reaching a debugger in a process of a development instance: its terminal, or debugpy's port."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console

from openedx_infra.config import Stack
from openedx_infra.config.development.section import Development
from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.development import processes
from openedx_infra.operations.development.instance import require
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import forward, terminal
from openedx_infra.operations.pods.container import RunningContainer

if TYPE_CHECKING:
    from lightkube import Client

LINES = 20
"""Lines that the process wrote before, to show first: the prompt of a debugger that waits is among them."""


def attach(client: Client, process: str, console: Console) -> None:
    """Be the terminal of a process until Ctrl-C. At a breakpoint it is the debugger's.

    Raises OperationError where this isn't a terminal, or the process has none.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise OperationError(
            "A debugger needs a terminal, and this is none.",
            remedy="run it in a terminal, or let an editor attach by --debugpy",
        )
    container = processes.running(client, process)
    before = _written(client, container)
    console.print(
        f"This is the terminal of {container.pod}. Ctrl-C leaves it, and the process runs on. A request that "
        "reaches breakpoint() stops here.",
        style="bold",
        soft_wrap=True,
    )
    sys.stdout.write("\n".join(line.rstrip("\r") for line in before))
    sys.stdout.flush()
    terminal.attach(container)


def forward_debugpy(
    stack: Stack, client: Client, process: str, local: int | None, console: Console, errors: Console
) -> None:
    """Bring the port of debugpy in a process to this machine, until Ctrl-C. `local`: port here, by default
    the same.

    Raises OperationError where debugpy isn't in that process, or when the port is taken.
    """
    section = require(stack)
    port = listening(section, process)
    component = processes.component_of(client, process)

    def ready(chosen: int) -> None:
        console.print(
            f"{processes.process_of(process)} is debugged at {forward.HOST}:{chosen}, until Ctrl-C.",
            highlight=False,
            soft_wrap=True,
        )
        for line in mappings(stack, section):
            console.print(f"  {line}", highlight=False, soft_wrap=True, markup=False)

    forward.forward(
        forward.Forward(
            client=client,
            component=component,
            local=port if local is None else local,
            remote=port,
            ready=False,
        ),
        ready,
        lambda message: errors.print(message, style="red", markup=False, highlight=False, soft_wrap=True),
    )


def listening(section: Development, process: str) -> int:
    """The port of debugpy in a process. Raises OperationError where the section doesn't name the process."""
    name = processes.process_of(process)
    if name not in section.debugger.processes:
        named = ", ".join([*section.debugger.processes, name])
        raise OperationError(
            f"debugpy isn't in {name}.",
            remedy=f"set `openedx:development.debugger.processes: [{named}]`, and run `openedx-infra up`",
        )
    return section.debugger.port


def mappings(stack: Stack, section: Development) -> list[str]:
    """What an editor is told of folders: where each file of a mount is in the container."""
    from openedx_infra.config.development.mounts import mounted
    from openedx_infra.settings.paths import MOUNTED_PACKAGES_DIR, PLATFORM_DIR

    folders = section.folders(stack.name)
    lines = [f"{folders[each.mount]} is {PLATFORM_DIR} there" for each in mounted(stack, "platform")]
    return lines + [
        f"{folders[each.mount]} is {MOUNTED_PACKAGES_DIR}/{each.mount} there"
        for each in mounted(stack, "package")
    ]


def _written(client: Client, container: RunningContainer) -> list[str]:
    """The last lines that a container wrote. Raises OperationError if it has no terminal."""
    from lightkube.resources.core_v1 import Pod

    with answering():
        spec = client.get(Pod, container.pod).spec
        own = next((each for each in (spec.containers if spec else ()) if each.name == container.name), None)
        if own is None or not (own.stdin and own.tty):
            raise OperationError(
                f"The container of {container.pod} was started without a terminal.",
                remedy="run `openedx-infra up`: a development instance's have one",
            )
        return list(client.log(container.pod, container=container.name, tail_lines=LINES, newlines=False))
