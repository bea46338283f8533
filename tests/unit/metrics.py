"""All metrics that rules and dashboards ask for, by their sources.

Names as their documentation and sources have them.
"""

from __future__ import annotations

from collections.abc import Mapping

METRICS: Mapping[str, frozenset[str]] = {
    "kube-state-metrics": frozenset(
        {
            "kube_cronjob_created",
            "kube_cronjob_status_last_successful_time",
            "kube_deployment_spec_replicas",
            "kube_deployment_status_replicas_available",
            "kube_job_created",
            "kube_job_failed",
            "kube_job_status_completion_time",
            "kube_job_status_start_time",
            "kube_pod_container_status_last_terminated_reason",
            "kube_pod_container_status_restarts_total",
            "kube_statefulset_replicas",
            "kube_statefulset_status_replicas_ready",
        }
    ),
    "kubelet": frozenset(
        {
            "container_cpu_usage_seconds_total",
            "container_memory_working_set_bytes",
            "kubelet_volume_stats_available_bytes",
            "kubelet_volume_stats_capacity_bytes",
        }
    ),
    "Traefik": frozenset(
        {"traefik_service_request_duration_seconds_bucket", "traefik_service_requests_total"}
    ),
    "ingress-nginx": frozenset(
        {"nginx_ingress_controller_request_duration_seconds_bucket", "nginx_ingress_controller_requests"}
    ),
    "cert-manager": frozenset({"certmanager_certificate_expiration_timestamp_seconds"}),
    "mysqld_exporter": frozenset(
        {
            "mysql_global_status_innodb_buffer_pool_read_requests",
            "mysql_global_status_innodb_buffer_pool_reads",
            "mysql_global_status_queries",
            "mysql_global_status_slow_queries",
            "mysql_global_status_threads_connected",
            "mysql_global_status_threads_running",
            "mysql_global_variables_max_connections",
            "mysql_up",
        }
    ),
    "redis_exporter": frozenset(
        {
            "redis_evicted_keys_total",
            "redis_key_size",
            "redis_keyspace_hits_total",
            "redis_keyspace_misses_total",
            "redis_memory_max_bytes",
            "redis_memory_used_bytes",
            "redis_up",
        }
    ),
    "drift --metrics": frozenset({"openedx_drift_checked_timestamp_seconds", "openedx_drift_objects"}),
    "Prometheus": frozenset({"ALERTS"}),
}
"""Metrics by who tells them. Our own exporters are mysqld_exporter and redis_exporter, and `drift --metrics`
is our own command; the others belong to the cluster (kube-prometheus-stack has the first two)."""
