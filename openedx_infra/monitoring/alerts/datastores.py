"""Do the servers answer that hold the data?"""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.monitoring.alerts.alert import Alert
from openedx_infra.monitoring.exporters import BROKER, CACHE, MYSQL
from openedx_infra.monitoring.watched import Watched

EVICTIONS = 1
"""Entries that the cache may drop in a second."""


def alerts(watched: Watched) -> Iterator[Alert]:
    """Of datastores, whoever runs them."""
    yield _server(watched)
    yield _mysql(watched)
    yield _connections(watched)
    yield _valkey(watched)
    yield _evictions(watched)


def _server(watched: Watched) -> Alert:
    ready = watched.of("kube_statefulset_status_replicas_ready")
    wanted = watched.of("kube_statefulset_replicas")
    return Alert(
        name="OpenedxServerDown",
        severity="critical",
        expr=f"{ready} < {wanted}",
        minutes=5,
        summary="{{ $labels.statefulset }} is not ready",
        description="A server that runs in the cluster: MySQL, MongoDB, broker, cache, search or files. Of "
        "those that an operator runs, some members may still serve.",
        remedy="`openedx-infra status` names the reason: a volume that can't be attached, a node that is "
        "gone, memory. Never delete its PersistentVolumeClaim: it is the data.",
    )


def _mysql(watched: Watched) -> Alert:
    up = watched.exporter("mysql_up", MYSQL)
    return Alert(
        name="OpenedxMysqlDown",
        severity="critical",
        expr=f"{up} == 0 or absent({up})",
        minutes=3,
        summary="MySQL can't be asked",
        description="Wherever it runs, the exporter can't log in as the platform's user; LMS and Studio "
        "probably can't, either. Without any value, the exporter itself is away.",
        remedy="Log of `mysqld-exporter` tells why. Outside the cluster: is the server up, has its password "
        "or certificate changed, does a firewall drop it?",
    )


def _connections(watched: Watched) -> Alert:
    used = watched.exporter("mysql_global_status_threads_connected", MYSQL)
    limit = watched.exporter("mysql_global_variables_max_connections", MYSQL)
    return Alert(
        name="OpenedxMysqlConnections",
        severity="warning",
        expr=f"{used} / {limit} > 0.8",
        minutes=10,
        summary="MySQL has {{ $value | humanizePercentage }} of its connections in use",
        description="Processes of LMS, Studio and workers hold one each. Beyond the limit, pages fail.",
        remedy="A larger `memory_limit` of MySQL in the cluster raises the limit, too. Outside, raise "
        "`max_connections` there, or have fewer processes.",
    )


def _valkey(watched: Watched) -> Alert:
    up = watched.exporter("redis_up", f"({BROKER}|{CACHE})")
    return Alert(
        name="OpenedxValkeyDown",
        severity="critical",
        expr=f"{up} == 0",
        minutes=3,
        summary="the server behind {{ $labels.service }} can't be asked",
        description="Without the broker no task is queued, and pages that queue one fail; without the cache "
        "everybody is logged out, and pages are slow or fail.",
        remedy="As for `OpenedxServerDown`, or, of a server outside, as for `OpenedxMysqlDown`.",
    )


def _evictions(watched: Watched) -> Alert:
    evicted = watched.exporter("redis_evicted_keys_total", CACHE)
    return Alert(
        name="OpenedxCacheEvicts",
        severity="warning",
        expr=f"rate({evicted}[15m]) > {EVICTIONS}",
        minutes=60,
        summary="the cache drops {{ $value | humanize }} entries a second",
        description="It is full. Sessions are among what it drops: people are logged out.",
        remedy="Raise `memory_limit` of `openedx:sizing.cache`.",
    )
