"""What does each dashboard show?"""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.monitoring import requests
from openedx_infra.monitoring.alerts import datastores, safety, tasks, web
from openedx_infra.monitoring.dashboards.grafana import Panel
from openedx_infra.monitoring.exporters import BROKER, CACHE, MYSQL
from openedx_infra.monitoring.watched import Watched, selector

PLATFORM = "(lms|studio|mfe)-.*"
WORKERS = ".+-(worker|beat).*"


def overview(watched: Watched) -> Iterator[Panel]:
    """Is all well?"""
    ready = watched.of("kube_deployment_status_replicas_available")
    wanted = watched.of("kube_deployment_spec_replicas")
    firing = selector("ALERTS", {"openedx": watched.name, "alertstate": "firing"})
    restarts = watched.of("kube_pod_container_status_restarts_total")
    yield Panel(title="Alerts", queries={"": f"count({firing}) or vector(0)"}, kind="stat", limit=1, width=6)
    yield Panel(
        title="Pods that are missing",
        queries={"": f"sum({wanted}) - sum({ready})"},
        kind="stat",
        limit=1,
        width=6,
    )
    yield Panel(
        title="Failed requests",
        queries={"": f"sum({requests.total(watched, failed=True)}) / sum({requests.total(watched)})"},
        unit="percentunit",
        kind="stat",
        limit=web.ERRORS,
        width=6,
    )
    yield Panel(
        title="Waiting tasks",
        queries={"": f"sum({tasks.lengths(watched)})"},
        kind="stat",
        limit=tasks.MANY,
        width=6,
    )
    yield Panel(
        title="Requests", queries={f"{{{{{requests.by(watched)}}}}}": requests.total(watched)}, unit="reqps"
    )
    yield Panel(title="Ready pods", queries={"{{deployment}}": ready})
    yield Panel(title="Restarts in an hour", queries={"{{pod}}": f"increase({restarts}[1h]) > 0"})
    yield _volumes(watched)


def visitors(watched: Watched) -> Iterator[Panel]:
    """Requests, and the pods that answer them."""
    legend = f"{{{{{requests.by(watched)}}}}}"
    yield Panel(title="Requests", queries={legend: requests.total(watched)}, unit="reqps")
    yield Panel(
        title="Failed requests",
        queries={legend: f"{requests.total(watched, failed=True)} / {requests.total(watched)}"},
        unit="percentunit",
        limit=web.ERRORS,
    )
    for share in (0.5, 0.95):
        yield Panel(
            title=f"Seconds for {share:.0%} of requests",
            queries={legend: requests.seconds(watched, share)},
            unit="s",
            limit=web.SECONDS,
        )
    yield from _pods(watched, PLATFORM)


def workers(watched: Watched) -> Iterator[Panel]:
    """Queues, and those who work on them."""
    taken = watched.exporter("redis_key_size", BROKER, key=watched.unacked)
    ready = watched.of("kube_deployment_status_replicas_available", deployment=WORKERS)
    yield Panel(title="Waiting tasks", queries={"{{key}}": tasks.lengths(watched)}, limit=tasks.MANY)
    yield Panel(
        title="Tasks in work",
        queries={"": taken},
        help="Taken by a worker and not finished: lost ones are given to others after visibility_timeout.",
    )
    yield Panel(title="Ready workers", queries={"{{deployment}}": ready})
    yield _memory_of_valkey(watched, BROKER, "Memory of the broker")
    yield from _pods(watched, WORKERS)
    failed = watched.of("kube_job_failed", job_name="duty-.*", condition="true")
    last = watched.of("kube_cronjob_status_last_successful_time", cronjob="duty-.*")
    yield Panel(
        title="Duties since their last success", queries={"{{cronjob}}": f"time() - {last}"}, unit="s"
    )
    yield Panel(title="Failed runs of duties", queries={"{{job_name}}": f"{failed} == 1"}, limit=1)


def stores(watched: Watched) -> Iterator[Panel]:
    """Servers that hold data."""
    connected = watched.exporter("mysql_global_status_threads_connected", MYSQL)
    running = watched.exporter("mysql_global_status_threads_running", MYSQL)
    limit = watched.exporter("mysql_global_variables_max_connections", MYSQL)
    queries = watched.exporter("mysql_global_status_queries", MYSQL)
    slow = watched.exporter("mysql_global_status_slow_queries", MYSQL)
    asked = watched.exporter("mysql_global_status_innodb_buffer_pool_read_requests", MYSQL)
    read = watched.exporter("mysql_global_status_innodb_buffer_pool_reads", MYSQL)
    hits = watched.exporter("redis_keyspace_hits_total", CACHE)
    misses = watched.exporter("redis_keyspace_misses_total", CACHE)
    evicted = watched.exporter("redis_evicted_keys_total", CACHE)
    yield Panel(title="MySQL: connections", queries={"used": connected, "limit": limit, "running": running})
    yield Panel(
        title="MySQL: queries",
        queries={"all": f"rate({queries}[5m])", "slow": f"rate({slow}[5m])"},
        unit="ops",
    )
    yield Panel(
        title="MySQL: pages that were not in memory",
        queries={"": f"rate({read}[5m]) / rate({asked}[5m])"},
        unit="percentunit",
        limit=0.01,
        help="InnoDB's buffer pool. Above one in a hundred, the disk decides how fast pages are.",
    )
    yield Panel(
        title="Cache: found",
        queries={"": f"rate({hits}[5m]) / (rate({hits}[5m]) + rate({misses}[5m]))"},
        unit="percentunit",
    )
    yield _memory_of_valkey(watched, CACHE, "Memory of the cache")
    yield Panel(
        title="Cache: dropped", queries={"": f"rate({evicted}[5m])"}, unit="ops", limit=datastores.EVICTIONS
    )
    ready = watched.of("kube_statefulset_status_replicas_ready")
    yield Panel(title="Ready servers in the cluster", queries={"{{statefulset}}": ready})
    yield _volumes(watched)


def backups(watched: Watched) -> Iterator[Panel]:
    """What could be had back."""
    last = watched.of("kube_cronjob_status_last_successful_time", cronjob="backup")
    proven = selector(
        "kube_cronjob_status_last_successful_time",
        {"namespace": watched.drill_namespace, "cronjob": "drill"},
    )
    failed = watched.of("kube_job_failed", job_name="backup-.*", condition="true")
    began = watched.of("kube_job_status_start_time", job_name="backup-.*")
    ended = watched.of("kube_job_status_completion_time", job_name="backup-.*")
    yield Panel(
        title="Since the last backup",
        queries={"": f"time() - {last}"},
        unit="s",
        kind="stat",
        limit=(watched.backup_hours or 0) * 3600,
    )
    yield Panel(
        title="Since the last proven restore",
        queries={"": f"time() - {proven}"},
        unit="s",
        kind="stat",
        limit=(watched.proof_days or 0) * safety.DAY,
    )
    yield Panel(title="Failed backups", queries={"{{job_name}}": f"{failed} == 1"}, limit=1)
    yield Panel(title="Time that backups take", queries={"{{job_name}}": f"{ended} - {began}"}, unit="s")


def _pods(watched: Watched, which: str) -> Iterator[Panel]:
    cpu = watched.of("container_cpu_usage_seconds_total", pod=which, container=".+")
    memory = watched.of("container_memory_working_set_bytes", pod=which, container=".+")
    yield Panel(title="CPU", queries={"{{pod}}": f"sum by (pod) (rate({cpu}[5m]))"}, help="Cores.")
    yield Panel(title="Memory", queries={"{{pod}}": f"sum by (pod) ({memory})"}, unit="bytes")


def _memory_of_valkey(watched: Watched, name: str, title: str) -> Panel:
    used = watched.exporter("redis_memory_used_bytes", name)
    limit = watched.exporter("redis_memory_max_bytes", name)
    return Panel(title=title, queries={"used": used, "limit": limit}, unit="bytes")


def _volumes(watched: Watched) -> Panel:
    free = watched.of("kubelet_volume_stats_available_bytes")
    whole = watched.of("kubelet_volume_stats_capacity_bytes")
    used = f"1 - {free} / {whole}"
    return Panel(
        title="Volumes",
        queries={"{{persistentvolumeclaim}}": used},
        unit="percentunit",
        limit=0.9,
        help="Used.",
    )
