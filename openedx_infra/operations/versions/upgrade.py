"""The verb up, also between releases that can't run side by side.

There it takes three steps, each an `up` of its own: (1) the platform is stopped, and visitors get the
maintenance page; (2) the stack file's version comes up behind the page, migrations before pods; (3) the page
is removed. Which step is next follows from the last `up`, so that the next run continues a killed one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rich.console import Console

from openedx_infra.operations.cluster.platform_stopped import wait_until_stopped
from openedx_infra.operations.cluster.target import target_of
from openedx_infra.operations.deploy import deploy
from openedx_infra.operations.deploy.deploy import Confirm, Request
from openedx_infra.operations.deploy.release_compatibility import IncompatibleRelease
from openedx_infra.operations.deploy.release_order import migrated_releases
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.overlay import instead, overlaid
from openedx_infra.operations.state import history
from openedx_infra.operations.state.open_stack import open_stack, tools
from openedx_infra.releases import RELEASES

__all__ = ["Request", "up"]

STOPPED = {"maintenance": {"page": True, "pause": True}}
"""Keys of a stack file with which nothing of the platform runs, and visitors get the page."""
_BEHIND = {"maintenance": {"page": True, "pause": False}}


def up(request: Request, console: Console, *, confirm: Confirm | None = None, refresh: bool = False) -> None:
    """As `deploy.up`, and behind the maintenance page where the running code must be stopped first."""
    try:
        deploy.up(request, console, confirm=confirm, refresh=refresh)
    except IncompatibleRelease as incompatible:
        _print_plan(incompatible, console)
        if confirm:
            _preview(request, console, refresh=refresh)
            if not confirm(f"Upgrade stack {request.name} like this, with the site closed meanwhile?"):
                return
        if not incompatible.stopped:
            _stop(request, console)
        console.print("Step 2 of 3: migrations and new pods, behind the page", style="bold")
        file = stack_file.read(request.name, request.config_file)
        with overlaid(file, _BEHIND) as path:
            deploy.up(replace(request, config_file=path), console, refresh=refresh)
        console.print("Step 3 of 3: the site opens", style="bold")
        deploy.up(request, console)


def _print_plan(change: IncompatibleRelease, console: Console) -> None:
    console.print(
        f"From {change.before} to {change.wanted}: migrations may remove what the code of {change.before} "
        "still uses. So it is stopped first, and visitors get the maintenance page until the pods of "
        f"{change.wanted} are ready. If anything fails meanwhile, fix it and run the same command again.",
        soft_wrap=True,
    )


def _preview(request: Request, console: Console, *, refresh: bool) -> None:
    file = stack_file.read(request.name, request.config_file)
    with overlaid(file, _BEHIND) as path:
        deploy.preview(replace(request, config_file=path), console, refresh=refresh)


def _stop(request: Request, console: Console) -> None:
    """Bring up the previous configuration, with the maintenance page on and the platform stopped."""
    file = stack_file.read(request.name, request.config_file)
    live = open_stack(file, tools(console))
    last = history.last_good(history.updates(live, file), file.name)
    if problem := begun_meanwhile(file.name, last.live_release, migrated_releases(live.state()).values()):
        raise problem
    config = last.config
    maintenance = {**(file.values.get("maintenance") or {}), **STOPPED["maintenance"]}
    console.print("Step 1 of 3: visitors get the page, and the platform stops", style="bold")
    with (
        instead(file, config) as former,
        overlaid(stack_file.read(file.name, former), {"maintenance": maintenance}) as path,
    ):
        deploy.up(replace(request, config_file=path), console)
    client = target_of(stack_file.validated(file, placeholders=True), local=file.local).client()
    assert client is not None  # an instance has a cluster
    wait_until_stopped(client, console)


def begun_meanwhile(stack: str, running: str | None, migrated: Iterable[str]) -> OperationError | None:
    """Why the running version can't be brought up once more to stop it: an `up` that failed has begun the
    migrations of a newer release, and the older ones would run over what these have done. None: it can.

    That happens where `openedx:migrations.beside` let both run together and was taken out since.
    """
    order = list(RELEASES)
    if running not in order:
        return None
    newer = [each for each in migrated if each in order and order.index(each) > order.index(running)]
    if not newer:
        return None
    begun = max(newer, key=order.index)
    return OperationError(
        f"Migrations of {begun} have begun on the databases of stack {stack}, and code of {running} runs: to "
        f"stop it first, {running} would have to be brought up again, with its own migrations. Nothing was "
        "changed.",
        remedy=f"set `openedx:migrations: {{beside: [{running}]}}` again, which let them begin, and finish "
        f"them by `openedx-infra up --stack {stack}`",
    )
