"""The verb status: what of a stack is ready in its cluster, as a table or as JSON."""

from __future__ import annotations

import json as json_format
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from openedx_infra.config import BaseStack, Stack
from openedx_infra.operations.cluster import cron_status, operator_status
from openedx_infra.operations.cluster.connection import no_answer
from openedx_infra.operations.cluster.health import Row, Snapshot
from openedx_infra.operations.cluster.target import Target, target_of
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.stack_file import StackFile

if TYPE_CHECKING:
    from lightkube import Client

LOG_LINES = 12
"""How many last lines of a pod's log are shown."""


def report(file: StackFile, stack: BaseStack, console: Console, *, json: bool = False) -> bool:
    """Print what of a stack is ready in its cluster, and return whether all of it is."""
    target = target_of(stack, local=file.local)
    rows = [row for client in target.clients() for row in snapshot(client).rows()]
    if json:
        print(json_format.dumps([asdict(row) for row in rows], indent=2))
    elif rows:
        show(rows, console)
        for line in _about(stack, target):
            console.print(line, soft_wrap=True)
    elif stack.namespaces:
        console.print(f"Nothing runs in {target}: `openedx-infra up --stack {file.name}` brings it up.")
    else:
        console.print(f"Nothing of stack {file.name} is to run in a cluster.")
    return bool(rows or not stack.namespaces) and all(row.ready for row in rows)


def _about(stack: BaseStack, target: Target) -> Iterator[str]:
    """What the stack file asks visitors to see, and the age of backups."""
    if not isinstance(stack, Stack):
        return
    if stack.maintenance.pause:
        yield "Paused: nothing of the platform runs, as the stack file says (openedx:maintenance.pause)."
    elif stack.maintenance.page:
        yield "Visitors get the maintenance page, as the stack file says (openedx:maintenance.page)."
    if stack.blue_green:
        yield f"Visitors reach the {stack.blue_green.live} version (openedx:blue_green.live)."
    if stack.backups:
        yield f"Last backup: {_last(target, stack.namespace, 'backup')}."
        if stack.backups.drill:
            yield f"Last proven restore: {_last(target, stack.restore_test_namespace, 'drill')}."


def _last(target: Target, namespace: str, name: str) -> str:
    """When a CronJob last succeeded, in words."""
    from lightkube.resources.batch_v1 import CronJob

    client = target.client()
    try:
        cron_jobs = list(client.list(CronJob, namespace=namespace)) if client else []
    except no_answer() as error:
        return f"unknown ({error or type(error).__name__})"
    when = cron_status.last_success(cron_jobs, name)
    return f"{when:%Y-%m-%d %H:%M %Z}" if when else "none yet"


def snapshot(client: Client) -> Snapshot:
    """The objects of the client's namespace. Raises OperationError when the cluster does not answer."""
    from lightkube.resources.apps_v1 import Deployment, StatefulSet
    from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
    from lightkube.resources.batch_v1 import CronJob, Job
    from lightkube.resources.core_v1 import Event, PersistentVolumeClaim, Pod

    try:
        jobs = list(client.list(Job))
        scalers = list(client.list(HorizontalPodAutoscaler))
        cron_rows = cron_status.rows(list(client.list(CronJob)), jobs, scalers)
        return Snapshot(
            deployments=list(client.list(Deployment)),
            stateful_sets=list(client.list(StatefulSet)),
            jobs=[job for job in jobs if not cron_status.is_of_cron_job(job)],
            claims=list(client.list(PersistentVolumeClaim)),
            pods=list(client.list(Pod)),
            events=list(client.list(Event)),
            other_rows=[*operator_status.rows(client), *cron_rows],
        )
    except no_answer() as error:
        raise OperationError(
            f"The cluster does not answer: {error or type(error).__name__}",
            remedy="is it running? `up` starts the embedded one",
        ) from error


def log_tail(client: Client, pod: str, container: str | None = None) -> list[str]:
    """The last lines of a pod's log; nothing where it has none, as on simulated nodes.

    `container` is needed where it has several.
    """
    try:
        return [line.rstrip() for line in client.log(pod, container=container, tail_lines=LOG_LINES)]
    except no_answer():
        return []


def show(rows: Sequence[Row], console: Console) -> None:
    """Print what is ready, and the reason for what isn't."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "Kind", "Name", "Ready"):
        table.add_column(column, no_wrap=True)
    table.add_column("Reason", overflow="fold")
    for row in rows:
        mark = Text("✓", "green") if row.ready else Text("✗", "red")
        table.add_row(mark, row.kind, row.name, row.count, Text(row.reason))
    console.print(table)
    waiting = sum(not row.ready for row in rows)
    console.print(f"{len(rows) - waiting} of {len(rows)} ready" + (f", {waiting} not" if waiting else ""))
