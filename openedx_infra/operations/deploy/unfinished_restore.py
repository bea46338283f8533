"""Refuses an `up` that would open the site while a restore is unfinished.

Its data may be half that of a backup, or older than the code. The person who ran `restore` may be gone, so
this is read from the cluster: the Job that overwrites the data stays, and migrations must have a younger Job.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from openedx_infra.config import Stack
from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.cluster.health import ending
from openedx_infra.operations.engine.session import Session
from openedx_infra.operations.errors import OperationError
from openedx_infra.settings.backups import RESTORE

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.resources.batch_v1 import Job

MIGRATIONS = "lms-migrate"
"""The first Job that must run again over restored data."""


def require_restored(session: Session, *, refresh: bool) -> None:
    """Raise OperationError where an `up` would open a site whose restore was interrupted.

    `refresh`: whether the `up` creates anew what was deleted. A paused site may be brought up at any time.
    """
    stack, client = session.stack, session.target.client()
    if not isinstance(stack, Stack) or stack.maintenance.pause or client is None:
        return
    problem = unfinished(_jobs(client, RESTORE), _jobs(client, MIGRATIONS), refresh=refresh)
    if problem:
        raise OperationError(
            f"Stack {stack.name} must not open yet. {problem[0]}",
            remedy=f"run `openedx-infra restore --without-present-data --stack {stack.name}` with the same "
            "--snapshot again, or with that of the backup of kind before-restore. If you know that the data "
            f"is good, run `kubectl -n {stack.namespace} delete job {problem[1]}`, then `up --refresh`",
        )


def unfinished(
    restores: Sequence[Job], migrations: Sequence[Job], *, refresh: bool
) -> tuple[str, str] | None:
    """What is unfinished, and the Job that shows it. None: nothing is."""
    last = max(restores, key=_created, default=None)
    if last is None:
        return None
    name = (last.metadata.name if last.metadata else None) or ""
    if ending(last)[0] != "Complete":
        return f"Job {name}, which restores, has not succeeded: the data may be half that of a backup.", name
    migrated = any(_created(job) >= _created(last) for job in migrations)
    if migrated or (refresh and not migrations):
        return None
    return f"Job {name} restored a backup's data, and migrations have not run over it.", name


def _created(job: Job) -> datetime:
    created = job.metadata.creationTimestamp if job.metadata else None
    return created or datetime.min.replace(tzinfo=UTC)


def _jobs(client: Client, component: str) -> list[Job]:
    from lightkube.resources.batch_v1 import Job

    with answering():
        return list(client.list(Job, labels={"app.kubernetes.io/component": component}))
