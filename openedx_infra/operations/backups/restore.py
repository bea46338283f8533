"""The verb restore: it replaces the instance's data by a backup's while the site is stopped.

The order makes it safe: the backup is fetched and verified before anything changes; the present data is
backed up before it is overwritten; and the site opens only when migrations have run over the restored data.
The stack file is read once: an edit meanwhile waits for the next `up`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rich.console import Console

from openedx_infra.config import Stack
from openedx_infra.operations.backups.backup import backed_up, print_lines, print_simulated
from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.cluster.platform_stopped import wait_until_stopped
from openedx_infra.operations.cluster.run_job import run_job
from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.overlay import overlaid
from openedx_infra.operations.versions import upgrade
from openedx_infra.settings import backups as names

if TYPE_CHECKING:
    from lightkube import Client

__all__ = ["Options", "Request", "restore"]

LATEST = "latest"
FETCHING = "backup: fetching backup "
"""What a pod writes before the ID of the backup that it fetches."""
AFTERWARDS = ("lms-migrate", "studio-migrate", "lms-setup", "studio-setup")
"""Jobs that must run again over the restored data: it may be of an earlier version, and search indexes are
made from it. Those of a second version have its suffix."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to restore."""

    snapshot: str = LATEST
    """Beginning of a backup's ID, or `latest`."""
    keep_present: bool = True
    """Whether the present data is backed up before. It can't be where the databases are broken."""


def restore(
    request: Request, options: Options, console: Console, *, confirm: Callable[[str], bool] | None = None
) -> None:
    """Restore a backup. Raises OperationError when it is damaged; then nothing was changed."""
    instance = backed_up(request)
    client, on_line = instance.client(), print_lines(console)

    def up(changes: Mapping[str, Any], *, refresh: bool = False) -> None:
        with overlaid(instance.file, changes) as path:
            upgrade.up(replace(request, config_file=path), console, refresh=refresh)

    _print_step(console, "1 of 5", "the backup is fetched and verified")
    check = run_job(client, names.CHECK, on_line, env={"SNAPSHOT": options.snapshot})
    print_simulated(check, console)
    snapshot = fetched_id(check.lines) or options.snapshot
    if snapshot == LATEST and not check.simulated:
        raise OperationError("The pod that fetched the backup did not print its ID: nothing was changed.")
    if confirm and not confirm(f"Overwrite the data of stack {request.name} by backup {snapshot[:8]}?"):
        return
    _print_step(console, "2 of 5", "the site is stopped, and visitors get the maintenance page")
    up(upgrade.STOPPED)
    # A running backup would contain half of both, and another restore writes to the same databases.
    wait_until_stopped(client, console, jobs_of=[names.SOFTWARE])
    if options.keep_present:
        _print_step(console, "3 of 5", "the present data is backed up")
        run_job(client, names.BACKUP, on_line, env={"KIND": "before-restore"})
    _print_step(console, "4 of 5", f"the data is replaced by that of backup {snapshot[:8]}")
    _overwrite(instance.client(), request.name, snapshot, on_line)
    _print_step(console, "5 of 5", "migrations and set-up run, and the site opens")
    delete_jobs(instance.client(), instance.stack)
    up({}, refresh=True)
    console.print("The backup is restored.")


def fetched_id(lines: Sequence[str]) -> str | None:
    """ID of the backup that a pod fetched, from its log."""
    ids = [line.removeprefix(FETCHING).strip() for line in lines if line.startswith(FETCHING)]
    return ids[-1] if ids else None


def _overwrite(client: Client, stack: str, snapshot: str, on_line: Callable[[str], object]) -> None:
    try:
        run_job(client, names.RESTORE, on_line, env={"SNAPSHOT": snapshot})
    except OperationError as error:
        raise OperationError(
            f"{error.message} The site stays closed, as its data may be half that of the backup.",
            remedy=f"remove the cause, and run `openedx-infra restore --snapshot {snapshot[:8]} "
            f"--without-present-data --stack {stack}` again, or restore the backup of kind before-restore",
        ) from error


def delete_jobs(client: Client, stack: Stack) -> None:
    """Delete the Jobs that are to run again: the next `up --refresh` creates them anew."""
    from lightkube.resources.batch_v1 import Job
    from lightkube.types import CascadeType

    components = [f"{name}{version.suffix}" for version in stack.versions for name in AFTERWARDS]
    with answering():
        for component in components:
            for job in list(client.list(Job, labels={"app.kubernetes.io/component": component})):
                assert job.metadata is not None and job.metadata.name is not None
                client.delete(Job, job.metadata.name, cascade=CascadeType.BACKGROUND)


def _print_step(console: Console, step: str, text: str) -> None:
    console.print(f"Step {step}: {text}", style="bold", highlight=False)
