"""Are tasks worked on?"""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.monitoring.alerts.alert import Alert
from openedx_infra.monitoring.exporters import BROKER
from openedx_infra.monitoring.watched import Watched

MANY = 1000
"""Waiting tasks that somebody is told of at once. A worker process finishes one to some tens a second, and a
mail to a course of 10 000 is 100 tasks (BULK_EMAIL_EMAILS_PER_TASK)."""


def alerts(watched: Watched) -> Iterator[Alert]:
    """Of workers, clock and queues."""
    yield _no_worker(watched)
    yield _no_beat(watched)
    yield _grows(watched)
    yield _stuck(watched)
    yield _broker_memory(watched)


def _no_worker(watched: Watched) -> Alert:
    available = watched.of("kube_deployment_status_replicas_available", deployment=".+-worker-.+")
    wanted = watched.of("kube_deployment_spec_replicas", deployment=".+-worker-.+")
    return Alert(
        name="OpenedxNoWorker",
        severity="critical",
        expr=f"{available} == 0 and {wanted} > 0",
        minutes=5,
        summary="no worker of {{ $labels.deployment }} is ready",
        description="Tasks of its queues wait: mails, grades, certificates, course publication.",
        remedy="`openedx-infra status` names the reason. Queued tasks are kept by the broker until a "
        "worker is back.",
    )


def _no_beat(watched: Watched) -> Alert:
    available = watched.of("kube_deployment_status_replicas_available", deployment="lms-beat")
    wanted = watched.of("kube_deployment_spec_replicas", deployment="lms-beat")
    return Alert(
        name="OpenedxNoBeat",
        severity="warning",
        expr=f"({available} == 0 and {wanted} > 0) or absent({wanted})",
        minutes=15,
        summary="Celery's clock doesn't run",
        description="What the platform itself plans, such as digests of notifications, is not begun.",
        remedy="There is exactly one pod, `lms-beat`. If its Deployment is gone, `openedx-infra up "
        "--refresh` makes it again.",
    )


def lengths(watched: Watched) -> str:
    """How many tasks wait in each queue: the label `key`."""
    keys = "|".join(queue.replace(".", "[.]") for queue in watched.queues)
    return watched.exporter("redis_key_size", BROKER, key=f"({keys})")


def _grows(watched: Watched) -> Alert:
    waiting = lengths(watched)
    return Alert(
        name="OpenedxQueueGrows",
        severity="warning",
        expr=f"({waiting} > 100 and deriv({waiting}[30m]) > 0) or {waiting} > {MANY}",
        minutes=15,
        summary="{{ $value }} tasks wait in {{ $labels.key }}",
        description="More come than workers finish.",
        remedy="Is it a burst, such as a mail to a large course or a regrading? Then it ends. Else raise "
        "`replicas` or `concurrency` of the pool that serves the queue (`openedx:sizing`), or let KEDA do "
        "it.",
    )


def _stuck(watched: Watched) -> Alert:
    waiting = lengths(watched)
    return Alert(
        name="OpenedxQueueStuck",
        severity="critical",
        expr=f"min_over_time({waiting}[15m]) > 0 and changes({waiting}[15m]) == 0",
        minutes=5,
        summary="nobody takes tasks from {{ $labels.key }}",
        description="The queue has tasks, and its length has not changed for a quarter of an hour: the "
        "oldest waits at least so long.",
        remedy="Each worker is on a long task, or has lost the broker: look at the logs of its pods. "
        "A rolling restart is safe (`kubectl rollout restart`): unfinished tasks are given to others.",
    )


def _broker_memory(watched: Watched) -> Alert:
    used = watched.exporter("redis_memory_used_bytes", BROKER)
    limit = watched.exporter("redis_memory_max_bytes", BROKER)
    return Alert(
        name="OpenedxBrokerMemory",
        severity="critical",
        expr=f"{used} / {limit} > 0.8 and {limit} > 0",
        minutes=5,
        summary="the broker has used {{ $value | humanizePercentage }} of its memory",
        description="It drops nothing (`noeviction`): when it is full, it takes no task, and pages that "
        "queue one fail.",
        remedy="See which queue is long. Raise `memory_limit` of `openedx:sizing.broker`: it restarts in "
        "place, and reads its tasks from its volume.",
    )
