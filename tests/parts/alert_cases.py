"""Measurements, in promtool's words, that make each alert fire, and similar ones that don't.

A series is a metric with its labels, and its values at each step: `0x30` is 31 times 0, `0+5x30` grows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """An alert, and two histories."""

    fires: dict[str, str]
    """Series, by their metric with labels, after which it fires."""
    silent: dict[str, str]
    """What is different in a history after which it doesn't: series that replace the others of their name."""
    steps: int = 120
    """After how many steps it is looked."""
    step: str = "1m"
    """Time between values, and between two looks of Prometheus."""


def _kube(metric: str, **labels: str) -> str:
    return _series(metric, namespace="campus", **labels)


def _series(metric: str, **labels: str) -> str:
    pairs = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{metric}{{{pairs}}}"


_LMS, _WORKER, _BEAT = ({"deployment": name} for name in ("lms", "lms-worker-default", "lms-beat"))
_READY, _WANTED = "kube_deployment_status_replicas_available", "kube_deployment_spec_replicas"
_TRAEFIK = "traefik_service_requests_total"
_BUCKET = "traefik_service_request_duration_seconds_bucket"
_SERVICE = {"service": "campus-lms-8000@kubernetes"}
_OK, _BAD = _series(_TRAEFIK, code="200", **_SERVICE), _series(_TRAEFIK, code="502", **_SERVICE)
_OTHER = _series(_TRAEFIK, code="502", service="campus-two-lms-8000@kubernetes")
_POD = {"pod": "lms-1", "container": "lms"}
_RESTARTS = _kube("kube_pod_container_status_restarts_total", **_POD)
_KILLED = _kube("kube_pod_container_status_last_terminated_reason", reason="OOMKilled", **_POD)
_FREE = _kube("kubelet_volume_stats_available_bytes", persistentvolumeclaim="mysql")
_WHOLE = _kube("kubelet_volume_stats_capacity_bytes", persistentvolumeclaim="mysql")
_QUEUE = _kube("redis_key_size", service="broker-exporter", key="edx.lms.core.default", db="db0")


def _job(metric: str, name: str) -> str:
    condition = {"condition": "true"} if metric == "kube_job_failed" else {}
    return _kube(metric, job_name=name, **condition)


def _bucket(bound: str) -> str:
    return _series(_BUCKET, le=bound, **_SERVICE)


def _failed(name: str) -> Case:
    failed, created = _job("kube_job_failed", name), _job("kube_job_created", name)
    # A day and an hour later it is yesterday's news.
    return Case({failed: "1x2000", created: "0x2000"}, {created: "-90000x2000"})


def _late(namespace: str, name: str, hours: int) -> Case:
    labels = {"namespace": namespace, "cronjob": name}
    ended = _series("kube_cronjob_status_last_successful_time", **labels)
    made = _series("kube_cronjob_created", **labels)
    steps = hours + 3
    values = f"0x{steps}"
    return Case({ended: values, made: values}, {ended: f"0+3600x{steps}"}, steps, "1h")


CASES: dict[str, Case] = {
    "OpenedxSiteDown": Case(
        {_kube(_READY, **_LMS): "1x5 0x200", _kube(_WANTED, **_LMS): "1x200"},
        {_kube(_WANTED, **_LMS): "0x200"},  # paused
    ),
    "OpenedxErrors": Case({_OK: "0+60x200", _BAD: "0+30x200"}, {_BAD: "0+2x200", _OTHER: "0+60x200"}),
    "OpenedxSlow": Case(
        {
            _OK: "0+60x200",
            _bucket("1"): "0+10x200",
            _bucket("5"): "0+60x200",
            _bucket("+Inf"): "0+60x200",
        },
        {_bucket("1"): "0+59x200"},
    ),
    "OpenedxNotWatched": Case(
        {_series(_WANTED, namespace="campus-two", deployment="lms"): "1x200"},
        {_kube(_WANTED, **_LMS): "1x200"},
    ),
    "OpenedxPodRestarts": Case({_RESTARTS: "0x90 0+1x60"}, {_RESTARTS: "3x200"}),
    "OpenedxOutOfMemory": Case({_KILLED: "1x200", _RESTARTS: "0x100 1x100"}, {_RESTARTS: "1x200"}),
    "OpenedxTooFewPods": Case(
        {_kube(_READY, **_LMS): "1x200", _kube(_WANTED, **_LMS): "3x200"}, {_kube(_READY, **_LMS): "3x200"}
    ),
    "OpenedxInitializationFailed": Case(
        {_job("kube_job_failed", "lms-migrate-0a1b2c3d"): "1x200"},
        {
            _job("kube_job_failed", "lms-migrate-0a1b2c3d"): "0x200",
            _job("kube_job_failed", "duty-saml-1"): "1x200",
        },
    ),
    "OpenedxDutyFailed": _failed("duty-saml-29000000"),
    "OpenedxVolumeNearlyFull": Case({_FREE: "5x200", _WHOLE: "100x200"}, {_FREE: "20x200"}),
    "OpenedxVolumeFills": Case(
        {_FREE: "10000-8x1000", _WHOLE: "30000x1000"}, {_FREE: "10000x1000"}, steps=14 * 60
    ),
    "OpenedxNoWorker": Case(
        {_kube(_READY, **_WORKER): "0x200", _kube(_WANTED, **_WORKER): "2x200"},
        {_kube(_WANTED, **_WORKER): "0x200"},
    ),
    "OpenedxNoBeat": Case(
        {_kube(_WANTED, **_LMS): "1x200"},  # its Deployment is gone
        {_kube(_WANTED, **_BEAT): "1x200", _kube(_READY, **_BEAT): "1x200"},
    ),
    "OpenedxQueueGrows": Case({_QUEUE: "0+5x200"}, {_QUEUE: "500-2x200"}),
    "OpenedxQueueStuck": Case(
        {_QUEUE: "7x200"}, {_QUEUE: "7 3 5 7 8 1 2 4 5 3" + " 7 3 5 7 8 1 2 4 5 3" * 15}
    ),
    "OpenedxBrokerMemory": Case(
        {
            _kube("redis_memory_used_bytes", service="broker-exporter"): "90x200",
            _kube("redis_memory_max_bytes", service="broker-exporter"): "100x200",
        },
        {_kube("redis_memory_max_bytes", service="broker-exporter"): "0x200"},  # no limit
    ),
    "OpenedxServerDown": Case(
        {
            _kube("kube_statefulset_status_replicas_ready", statefulset="mongodb"): "0x200",
            _kube("kube_statefulset_replicas", statefulset="mongodb"): "1x200",
        },
        {_kube("kube_statefulset_status_replicas_ready", statefulset="mongodb"): "1x200"},
    ),
    "OpenedxMysqlDown": Case(
        {_kube("mysql_up", service="mysqld-exporter"): "0x200"},
        {_kube("mysql_up", service="mysqld-exporter"): "1x200"},
    ),
    "OpenedxMysqlConnections": Case(
        {
            _kube("mysql_global_status_threads_connected", service="mysqld-exporter"): "140x200",
            _kube("mysql_global_variables_max_connections", service="mysqld-exporter"): "151x200",
        },
        {_kube("mysql_global_status_threads_connected", service="mysqld-exporter"): "40x200"},
    ),
    "OpenedxValkeyDown": Case(
        {_kube("redis_up", service="cache-exporter"): "0x200"},
        {_kube("redis_up", service="cache-exporter"): "1x200"},
    ),
    "OpenedxCacheEvicts": Case(
        {_kube("redis_evicted_keys_total", service="cache-exporter"): "0+600x200"},
        {_kube("redis_evicted_keys_total", service="cache-exporter"): "5x200"},
    ),
    "OpenedxBackupTooOld": _late("campus", "backup", 26),
    "OpenedxBackupFailed": _failed("backup-29000000"),
    "OpenedxRestoreNotProven": _late("campus-drill", "drill", 8 * 24),
    "OpenedxDrift": Case(
        {_series("openedx_drift_objects", openedx="campus", state="changed"): "1x200"},
        {_series("openedx_drift_objects", openedx="campus", state="changed"): "0x200"},
    ),
    "OpenedxDriftNotLookedFor": Case(
        {_series("openedx_drift_checked_timestamp_seconds", openedx="campus"): "0x5800"},
        # Looked for again and again.
        {_series("openedx_drift_checked_timestamp_seconds", openedx="campus"): "0+60x5800"},
        steps=5700,
    ),
    "OpenedxCertificateExpires": Case(
        {
            _series(
                "certmanager_certificate_expiration_timestamp_seconds",
                exported_namespace="campus",
                name="site",
            ): f"{10 * 86_400}x200"
        },
        {
            _series(
                "certmanager_certificate_expiration_timestamp_seconds",
                exported_namespace="campus",
                name="site",
            ): f"{60 * 86_400}x200"
        },
    ),
}
