"""The verbs backup, backup list and verify: each runs a Job made from a CronJob of the instance."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from openedx_infra.config import Stack
from openedx_infra.operations.cluster import connection
from openedx_infra.operations.cluster.run_job import CompletedJob, run_job
from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.local_stack import Address
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.settings import backups as names

if TYPE_CHECKING:
    from lightkube import Client

__all__ = ["Request", "existing", "make", "show", "verify"]

BY_HAND = "by-hand"
"""Kind of a backup that somebody asked for."""


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A backup in the list of restic."""

    id: str
    """Beginning of its ID, by which it is restored."""
    time: str
    """When it was made, in UTC, to the second."""
    kind: str
    """What it was made for: scheduled, by-hand, before-upgrade, before-restore. `incomplete`: some
    files could not be read, and it is never the latest."""
    size: int
    """Bytes of its content, before it is packed."""


@dataclass(frozen=True, kw_only=True)
class BackedUp:
    """An instance with backups, as its stack file was when the verb began: the file is read once."""

    file: StackFile
    stack: Stack
    address: Address
    """Its cluster."""

    def client(self, namespace: str | None = None) -> Client:
        """A client for a namespace of the cluster, by default the instance's."""
        return connection.connect(self.address, namespace or self.stack.namespace)


def backed_up(request: Request) -> BackedUp:
    """Read the stack file. Raises OperationError where the stack has no backups."""
    file = stack_file.read(request.name, request.config_file)
    stack = stack_file.instance(file, placeholders=True)
    if stack.backups is None:
        raise OperationError(
            "The stack file does not set openedx:backups.",
            remedy="set it, with a destination, and run `openedx-infra up` (docs/backups.md)",
        )
    return BackedUp(file=file, stack=stack, address=connection.address_of(stack, local=file.local))


def make(request: Request, console: Console) -> None:
    """Make a backup now, and wait until it is complete."""
    client = backed_up(request).client()
    job = run_job(client, names.BACKUP, print_lines(console), env={"KIND": BY_HAND})
    print_simulated(job, console)
    console.print("The backup is kept.")


def show(request: Request, console: Console, *, as_json: bool = False) -> None:
    """Print the backups that exist."""
    backups = existing(request, console)
    if as_json:
        print(json.dumps([asdict(backup) for backup in backups], indent=2))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Backup", "Made (UTC)", "Kind", "Size"):
        table.add_column(column)
    for backup in backups:
        table.add_row(backup.id, backup.time, backup.kind, f"{backup.size / 2**20:,.0f} MiB")
    console.print(table if backups else "There are no backups yet.")


def existing(request: Request, console: Console) -> list[Backup]:
    """The backups that exist, oldest first; prints only that nodes are simulated, where they are."""
    job = run_job(backed_up(request).client(), names.LIST, lambda _: None)
    print_simulated(job, console)
    return listed(job.lines)


def verify(request: Request, console: Console) -> None:
    """Restore the newest backup now in the scratch namespace, to prove that it can be restored."""
    instance = backed_up(request)
    if instance.stack.backups and instance.stack.backups.drill is None:
        raise OperationError(
            "openedx:backups.drill is null, so there is no namespace where a backup could be verified.",
            remedy="leave the key out, run `openedx-infra up`, and try again",
        )
    job = run_job(
        instance.client(instance.stack.restore_test_namespace), names.RESTORE_TEST, print_lines(console)
    )
    print_simulated(job, console)
    console.print("The newest backup was restored, counted, migrated and visited: it is good.")


def listed(lines: Sequence[str]) -> list[Backup]:
    """The backups in the output of restic, oldest first."""
    snapshots: list[dict[str, Any]] = next((json.loads(line) for line in lines if line.startswith("[")), [])
    return [
        Backup(
            id=snapshot["short_id"],
            time=snapshot["time"][:19].replace("T", " "),
            kind=(snapshot.get("tags") or ["?"])[0],
            size=(snapshot.get("summary") or {}).get("total_bytes_processed", 0),
        )
        for snapshot in snapshots
    ]


def print_lines(console: Console) -> Callable[[str], object]:
    """Prints lines of logs as they are."""
    return lambda line: console.out(f"  {line}", highlight=False)


def print_simulated(job: CompletedJob, console: Console) -> None:
    """Print that nothing was really done, where nodes are simulated."""
    if job.simulated:
        console.print(
            "This cluster's nodes are simulated, where containers don't run: nothing was really done.",
            style="yellow",
            soft_wrap=True,
        )
