"""The verbs stop and start: the site rests behind the maintenance page, and everything that holds data stays.

Both change `openedx:maintenance` of the stack file, and bring the stack up as it then is. So the next `up`, a
colleague's and CI's included, knows that the site rests, and `status` and `preview` do, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from openedx_infra.config import PROJECT
from openedx_infra.operations.cluster.platform_stopped import wait_until_stopped
from openedx_infra.operations.cluster.target import target_of
from openedx_infra.operations.deploy import deploy
from openedx_infra.operations.deploy.deploy import Confirm, Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import editing, stack_file
from openedx_infra.operations.stack_files.overlay import overlaid
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.versions import upgrade

__all__ = ["Request", "start", "stop"]

SECTION = "maintenance"
_KEY = f"{PROJECT}:{SECTION}"
_ABSENT = object()


def stop(request: Request, console: Console, *, confirm: Confirm | None = None) -> None:
    """Show visitors the maintenance page, then stop all that runs the platform's code, and wait until it has.

    Workers finish the tasks that they are at; other tasks wait in the broker. When the `up` fails, the stack
    file is as it was.
    """
    file = stack_file.read(request.name, request.config_file)
    stack = stack_file.instance(file, placeholders=True)
    if not _change(request, file, {"page": True, "pause": True}, console, confirm, "Stop"):
        return
    client = target_of(stack, local=file.local).client()
    assert client is not None  # an instance has a cluster
    wait_until_stopped(client, console)
    console.print(
        f"Stack {file.name} rests: visitors get the maintenance page, and the data stays. "
        f"`openedx-infra start --stack {file.name}` starts it; {file.path.name} has it in {_KEY}.",
        soft_wrap=True,
        highlight=False,
    )


def start(request: Request, console: Console, *, confirm: Confirm | None = None) -> None:
    """Start what `stop` stopped, and take the maintenance page away once it serves.

    Raises OperationError when the stack file has the site running. When the `up` fails, the stack file is as
    it was.
    """
    file = stack_file.read(request.name, request.config_file)
    maintenance = stack_file.instance(file, placeholders=True).maintenance
    if not (maintenance.pause or maintenance.page):
        raise OperationError(
            f"Stack {file.name} is not stopped: {file.path.name} sets neither {_KEY}.pause nor .page.",
            remedy=f"`openedx-infra up --stack {file.name}` brings it up; `restart` makes new pods",
        )
    if _change(request, file, {"page": False, "pause": False}, console, confirm, "Start"):
        console.print(f"Stack {file.name} runs, and visitors reach it.")


def _change(
    request: Request,
    file: StackFile,
    values: Mapping[str, bool],
    console: Console,
    confirm: Confirm | None,
    verb: str,
) -> bool:
    """Set keys of `maintenance` in the stack file and bring it up; whether it was confirmed."""
    if confirm:
        with overlaid(file, {SECTION: values}) as path:
            deploy.preview(Request(name=request.name, config_file=path), console)
        if not confirm(f"{verb} the site of stack {file.name}?"):
            return False
    before = file.values.get(SECTION, _ABSENT)
    former = {name: _former(before, name) for name in values}
    editing.edit(file.path, lambda config: _set(config, values))
    try:
        upgrade.up(request, console)
    except BaseException:
        editing.edit(file.path, lambda config: _set(config, former, empty=before))
        console.print(f"{file.path.name} is as it was: `up` takes back what was done of it.", soft_wrap=True)
        raise
    return True


def _former(section: Any, name: str) -> Any:
    return section.get(name, _ABSENT) if isinstance(section, Mapping) else _ABSENT


def _set(config: Any, values: Mapping[str, Any], *, empty: Any = None) -> None:
    """Set keys of the section, or remove those that were absent; `empty` is what an empty section was."""
    if config.get(_KEY) is None:
        config[_KEY] = {}
    for name, value in values.items():
        if value is _ABSENT:
            config[_KEY].pop(name, None)
        else:
            config[_KEY][name] = value
    if not config[_KEY]:
        config.pop(_KEY)
        if empty is not _ABSENT:
            config[_KEY] = empty
