"""Asks a running instance what an upgrade must know of it. Nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console

from openedx_infra.config import Stack
from openedx_infra.config.datastores.mysql import MysqlInCluster
from openedx_infra.operations.cluster import connection
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.versions.upgrade_plan import Facts
from openedx_infra.releases import Release
from openedx_infra.services.mysql import DATA
from openedx_infra.settings import backups as names

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.resources.batch_v1 import Job

SCRIPT = "upgrade_facts.py"


def facts(file: StackFile, stack: Stack, before: Release, target: Release, console: Console) -> Facts:
    """The facts of an instance. What could not be asked is printed, and is None.

    Raises OperationError when the cluster doesn't answer.
    """
    client = connection.connect(connection.address_of(stack, local=file.local), stack.namespace)
    return Facts(
        databases=_databases(file, target, console),
        backup_hours=_backup_hours(client),
        free_bytes=_free_bytes(client, console)
        if isinstance(stack.datastores.mysql, MysqlInCluster)
        else None,
        unmoved_courses=_unmoved(file, before, target, console),
    )


def newest(by_clock: Sequence[datetime | None], jobs: list[tuple[str, datetime | None]]) -> datetime | None:
    """When the newest backup was made: by its CronJob's own time, or by a Job that a verb made of it."""
    times = [time for time in by_clock if time]
    times += [time for name, time in jobs if time and name.startswith(f"{names.BACKUP}-")]
    return max(times, default=None)


def free(df: str) -> int | None:
    """Free bytes in the output of `df -Pk`. None: it is something else."""
    lines = df.strip().splitlines()
    columns = lines[-1].split() if lines else []
    return int(columns[3]) * 1024 if len(columns) >= 6 and columns[3].isdigit() else None


def _databases(file: StackFile, target: Release, console: Console) -> dict[str, Any] | None:
    from openedx_infra.operations.users_and_courses.platform_script import platform

    migrations = target.heavy_migrations
    request = {
        "action": "facts",
        "tables": [each.table for each in migrations],
        "unique": {each.table: each.unique for each in migrations if each.unique},
    }
    try:
        answer: dict[str, Any] = platform(file.name, file.path, "lms").ask(SCRIPT, request)
    except OperationError as error:
        _print_unasked("The databases", error, console)
        return None
    return answer


def _backup_hours(client: Client) -> float | None:
    from lightkube.resources.batch_v1 import CronJob, Job

    with connection.answering():
        crons = [
            each for each in client.list(CronJob) if each.metadata and each.metadata.name == names.BACKUP
        ]
        made = [each.status.lastSuccessfulTime for each in crons if each.status]
        jobs = [_completed(job) for job in client.list(Job)]
    last = newest(made, jobs)
    return (datetime.now(UTC) - last).total_seconds() / 3600 if last else None


def _completed(job: Job) -> tuple[str, datetime | None]:
    """The name of a Job, and when it ended well."""
    name = (job.metadata and job.metadata.name) or ""
    return name, job.status.completionTime if job.status and job.status.succeeded else None


def _free_bytes(client: Client, console: Console) -> int | None:
    from openedx_infra.operations.pods import process
    from openedx_infra.operations.pods.container import choose

    printed: list[bytes] = []
    try:
        process.run(
            choose(client, "mysql"),
            ["df", "-Pk", DATA],
            on_stdout=printed.append,
            on_stderr=lambda _: None,
        )
    except OperationError as error:
        _print_unasked("Free space of MySQL's volume", error, console)
        return None
    return free(b"".join(printed).decode(errors="replace"))


def _unmoved(file: StackFile, before: Release, target: Release, console: Console) -> list[str] | None:
    from openedx_infra.operations.users_and_courses.forum import courses_in_mongodb, unmoved

    if not before.forum_in_mongodb or target.forum_in_mongodb:
        return []
    try:
        return unmoved(courses_in_mongodb(file.name, file.path))
    except OperationError as error:
        _print_unasked("Discussions", error, console)
        return None


def _print_unasked(what: str, error: OperationError, console: Console) -> None:
    console.print(f"[yellow]{what} could not be asked[/yellow]: {error}", soft_wrap=True)
