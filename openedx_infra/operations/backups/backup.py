"""What do `backup`, `backup list` and `verify` do? Each has a Job made of a CronJob that waits for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from openedx_infra.config import Stack
from openedx_infra.config.sections.backups import Backups
from openedx_infra.operations.cluster import connection
from openedx_infra.operations.cluster.run_job import CompletedJob, run_job
from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.settings import backups as names

if TYPE_CHECKING:
    from lightkube import Client

__all__ = ["Request", "make", "show", "verify"]

BY_HAND = "by-hand"
"""Kind of a backup that somebody asked for."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A backup, as restic tells of it."""

    id: str
    """Beginning of its ID, by which it is restored."""
    time: str
    """When it was made, in UTC, to the second."""
    kind: str
    """What it was made for: scheduled, by-hand, before-upgrade, before-restore. `incomplete`: some
    files could not be read, and it is never the latest."""
    size: int
    """Bytes of what is in it, before it is packed."""


def make(request: Request, console: Console) -> None:
    """Make a backup now, and wait until it is kept."""
    done = run_job(instance_client(request), names.BACKUP, speak(console), env={"KIND": BY_HAND})
    tell_simulated(done, console)
    console.print("The backup is kept.")


def show(request: Request, console: Console, *, as_json: bool = False) -> None:
    """Print the backups that there are."""
    done = run_job(instance_client(request), names.LIST, lambda _: None)
    tell_simulated(done, console)
    found = kept(done.lines)
    if as_json:
        print(json.dumps([each.__dict__ for each in found], indent=2))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Backup", "Made (UTC)", "Kind", "Size"):
        table.add_column(column)
    for each in found:
        table.add_row(each.id, each.time, each.kind, f"{each.size / 2**20:,.0f} MiB")
    console.print(table if found else "There are no backups yet.")


def verify(request: Request, console: Console) -> None:
    """Prove now that the newest backup can be restored, in the scratch namespace."""
    stack = demanded(request)[0]
    if demand_backups(stack).drill is None:
        raise OperationError(
            "openedx:backups.drill is null, so there is no place where a backup could be proved.",
            remedy="leave the key out, run `openedx-infra up`, and try again",
        )
    done = run_job(client(request, stack.drill_namespace), names.DRILL, speak(console))
    tell_simulated(done, console)
    console.print("The newest backup was restored, counted, migrated and visited: it is good.")


def kept(lines: Sequence[str]) -> list[Kept]:
    """The backups that restic lists, oldest first."""
    listed: list[dict[str, Any]] = next((json.loads(line) for line in lines if line.startswith("[")), [])
    return [
        Kept(
            id=each["short_id"],
            time=each["time"][:19].replace("T", " "),
            kind=(each.get("tags") or ["?"])[0],
            size=(each.get("summary") or {}).get("total_bytes_processed", 0),
        )
        for each in listed
    ]


def instance_client(request: Request) -> Client:
    """A client for the instance's namespace. Raises OperationError where the stack has no backups."""
    stack = demanded(request)[0]
    return client(request, stack.namespace)


def client(request: Request, namespace: str) -> Client:
    """A client for a namespace of the stack's cluster."""
    stack, local = demanded(request)
    return connection.connect(connection.address_of(stack, local=local), namespace)


def demanded(request: Request) -> tuple[Stack, bool]:
    """The stack, and whether it is in the embedded cluster. Raises OperationError without backups."""
    file = stack_file.read(request.name, request.config_file)
    stack = stack_file.instance(file, placeholders=True)
    demand_backups(stack)
    return stack, file.local


def demand_backups(stack: Stack) -> Backups:
    """What a stack says of backups. Raises OperationError where it says nothing."""
    if stack.backups is None:
        raise OperationError(
            "The stack file says nothing of backups.",
            remedy="say openedx:backups, with a destination, and run `openedx-infra up` (docs/backups.md)",
        )
    return stack.backups


def speak(console: Console) -> Callable[[str], object]:
    """Prints lines of logs as they are."""
    return lambda line: console.out(f"  {line}", highlight=False)


def tell_simulated(done: CompletedJob, console: Console) -> None:
    """Say when nothing was really done."""
    if done.simulated:
        console.print(
            "This cluster's nodes are simulated, where containers don't run: nothing was really done.",
            style="yellow",
            soft_wrap=True,
        )
