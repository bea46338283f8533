"""Did the last restore come to its end, with migrations over what it brought?

Until then the site must not open: its data may be half that of a backup, or older than the code. Whoever ran
`restore` may be gone meanwhile, so it is asked of what that left in the cluster: the Job that overwrites
stays, and migrations have a Job that is younger.
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
"""The first Job that must run again over data that came back."""


def require_restored(session: Session, *, refresh: bool) -> None:
    """Raise OperationError where an `up` would open a site whose restore was cut short. `refresh`: whether it
    makes anew what was deleted. A site that rests may be brought up at any time."""
    stack, client = session.stack, session.place.client()
    if not isinstance(stack, Stack) or stack.maintenance.pause or client is None:
        return
    why = unfinished(_jobs(client, RESTORE), _jobs(client, MIGRATIONS), refresh=refresh)
    if why:
        raise OperationError(
            f"Stack {stack.name} must not open yet. {why[0]}",
            remedy=f"run `openedx-infra restore --without-present-data --stack {stack.name}` with the same "
            "--snapshot again, or with that of the backup of kind before-restore. Whoever knows that the "
            f"data is good runs `kubectl -n {stack.namespace} delete job {why[1]}`, then `up --refresh`",
        )


def unfinished(
    restores: Sequence[Job], migrations: Sequence[Job], *, refresh: bool
) -> tuple[str, str] | None:
    """What is not at its end, and the Job by which that is known. None: all is well."""
    last = max(restores, key=_made, default=None)
    if last is None:
        return None
    name = (last.metadata.name if last.metadata else None) or ""
    if ending(last)[0] != "Complete":
        return f"Job {name}, which restores, has no good end: the data may be half that of a backup.", name
    over_it = any(_made(job) >= _made(last) for job in migrations)
    if over_it or (refresh and not migrations):
        return None
    return f"Job {name} put a backup's data back, and migrations have not run over it.", name


def _made(job: Job) -> datetime:
    made = job.metadata.creationTimestamp if job.metadata else None
    return made or datetime.min.replace(tzinfo=UTC)


def _jobs(client: Client, component: str) -> list[Job]:
    from lightkube.resources.batch_v1 import Job

    with answering():
        return list(client.list(Job, labels={"app.kubernetes.io/component": component}))
