"""The verb up, also between releases that can't run side by side.

There it takes three steps, each an `up` of its own: (1) the platform is stopped, and visitors get the
maintenance page; (2) the stack file's version comes up behind the page, migrations before pods; (3) the page
is removed. Which step is next follows from the last `up`, so that the next run continues a killed one.
"""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console

from openedx_infra.operations.cluster.platform_stopped import wait_until_stopped
from openedx_infra.operations.cluster.target import target_of
from openedx_infra.operations.deploy import deploy
from openedx_infra.operations.deploy.deploy import Confirm, Request
from openedx_infra.operations.deploy.release_compatibility import IncompatibleRelease
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.overlay import instead, overlaid
from openedx_infra.operations.state import history
from openedx_infra.operations.state.open_stack import open_stack, tools

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
    config = history.last_good(history.updates(live, file), file.name).config
    maintenance = {**(file.values.get("maintenance") or {}), **STOPPED["maintenance"]}
    console.print("Step 1 of 3: visitors get the page, and the platform stops", style="bold")
    with (
        instead(file, config) as former,
        overlaid(stack_file.read(file.name, former), {"maintenance": maintenance}) as path,
    ):
        # A failed `up` may have migrated for the newer release already: what runs is stopped all the same.
        deploy.up(replace(request, config_file=path, earlier_release=True), console)
    client = target_of(stack_file.validated(file, placeholders=True), local=file.local).client()
    assert client is not None  # an instance has a cluster
    wait_until_stopped(client, console)
