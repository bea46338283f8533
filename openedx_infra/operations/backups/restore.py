"""What does `restore` do? It puts a backup's data in the place of the instance's, which rests meanwhile.

The order is what makes it safe: a backup is fetched and proved whole before anything changes; what is there
is kept, too, before it is overwritten; and the site opens again only when migrations have run over what came
back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rich.console import Console

from openedx_infra.operations.backups import backup
from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.cluster.platform_stopped import wait_until_stopped
from openedx_infra.operations.cluster.run_job import run_job
from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.overlay import overlaid
from openedx_infra.operations.versions import upgrade
from openedx_infra.settings import backups as names

__all__ = ["Options", "Request", "restore"]

LATEST = "latest"
FETCHING = "backup: fetching backup "
"""What a pod says before the ID of the backup that it fetches."""
AFTERWARDS = ("lms-migrate", "studio-migrate", "lms-setup", "studio-setup")
"""Jobs that must run again over the data that came back: it may be of an earlier version, and search indexes
are made from it. Those of a second version have its suffix."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to restore."""

    snapshot: str = LATEST
    """Beginning of a backup's ID, or `latest`."""
    keep_present: bool = True
    """Whether a backup of the present data is made before. It can't be where the databases are broken."""


def restore(
    request: Request, options: Options, console: Console, *, confirm: Callable[[str], bool] | None = None
) -> None:
    """Restore a backup. Raises OperationError when it is not good; then nothing was touched."""
    client = backup.instance_client(request)
    speak = backup.speak(console)
    _head(console, "1 of 5", "the backup is fetched, and proved whole")
    checked = run_job(client, names.CHECK, speak, env={"SNAPSHOT": options.snapshot})
    backup.tell_simulated(checked, console)
    chosen = fetched(checked.lines) or options.snapshot
    if chosen == LATEST and not checked.simulated:
        raise OperationError("The pod that fetched the backup did not say which: nothing was changed.")
    if confirm and not confirm(f"Overwrite the data of stack {request.name} by backup {chosen[:8]}?"):
        return
    file = stack_file.read(request.name, request.config_file)
    _head(console, "2 of 5", "the site rests, and visitors get the maintenance page")
    with overlaid(file, upgrade.STOPPED) as path:
        upgrade.up(replace(request, config_file=path), console)
    # A backup under way would keep half of both, and another restore writes to the same databases.
    wait_until_stopped(client, console, jobs_of=[names.SOFTWARE])
    if options.keep_present:
        _head(console, "3 of 5", "the present data is kept")
        run_job(client, names.BACKUP, speak, env={"KIND": "before-restore"})
    _head(console, "4 of 5", f"the data of backup {chosen[:8]} takes its place")
    _overwrite(request, chosen, console)
    _head(console, "5 of 5", "migrations and set-up run, and the site opens")
    _forget_jobs(request)
    upgrade.up(request, console, refresh=True)
    console.print("The backup is restored.")


def fetched(lines: Sequence[str]) -> str | None:
    """ID of the backup that a pod said it fetched."""
    found = [line.removeprefix(FETCHING).strip() for line in lines if line.startswith(FETCHING)]
    return found[-1] if found else None


def _overwrite(request: Request, chosen: str, console: Console) -> None:
    client = backup.instance_client(request)
    try:
        run_job(client, names.RESTORE, backup.speak(console), env={"SNAPSHOT": chosen})
    except OperationError as error:
        raise OperationError(
            f"{error.message} The site still rests, as its data may be half that of the backup.",
            remedy=f"mend the cause, and run `openedx-infra restore --snapshot {chosen[:8]} "
            f"--without-present-data --stack {request.name}` again, or restore the backup of kind "
            "before-restore",
        ) from error


def _forget_jobs(request: Request) -> None:
    """Delete the Jobs that are to run again: the next `up --refresh` makes them anew."""
    from lightkube.resources.batch_v1 import Job
    from lightkube.types import CascadeType

    client = backup.instance_client(request)
    versions = backup.demanded(request)[0].versions
    components = [f"{name}{version.suffix}" for version in versions for name in AFTERWARDS]
    with answering():
        for component in components:
            for job in list(client.list(Job, labels={"app.kubernetes.io/component": component})):
                assert job.metadata is not None and job.metadata.name is not None
                client.delete(Job, job.metadata.name, cascade=CascadeType.BACKGROUND)


def _head(console: Console, step: str, text: str) -> None:
    console.print(f"Step {step}: {text}", style="bold", highlight=False)
