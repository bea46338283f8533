"""What is ready in a namespace: its objects at one moment, the table of their status, the ends of logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from openedx_infra.operations.cluster import cron_status, operator_status
from openedx_infra.operations.cluster.connection import no_answer
from openedx_infra.operations.cluster.health import Row, Snapshot
from openedx_infra.operations.errors import OperationError

if TYPE_CHECKING:
    from lightkube import Client

LOG_LINES = 12
"""How many last lines of a pod's log are shown."""


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


def table(rows: Sequence[Row]) -> Table:
    """What is ready, and the reason for what isn't."""
    result = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "Kind", "Name", "Ready"):
        result.add_column(column, no_wrap=True)
    result.add_column("Reason", overflow="fold")
    for row in rows:
        mark = Text("✓", "green") if row.ready else Text("✗", "red")
        result.add_row(mark, row.kind, row.name, row.count, Text(row.reason))
    return result
