"""Do pods and Jobs do what they should, and is there room for them?"""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.monitoring.alerts.alert import Alert
from openedx_infra.monitoring.watched import Watched


def alerts(watched: Watched) -> Iterator[Alert]:
    """Of what runs, whatever it is."""
    yield _blind(watched)
    yield _restarts(watched)
    yield _memory(watched)
    yield _unready(watched)
    yield _initialization(watched)
    yield _duty(watched)
    yield _volume_full(watched)
    yield _volume_fills(watched)


def _blind(watched: Watched) -> Alert:
    return Alert(
        name="OpenedxNotWatched",
        severity="warning",
        expr=f"absent({watched.of('kube_deployment_spec_replicas')})",
        minutes=15,
        summary="Prometheus knows nothing of the namespace",
        description="kube-state-metrics isn't there or isn't asked, so that most other alerts can't fire.",
        remedy="Install kube-state-metrics (kube-prometheus-stack has it), and look at the targets of "
        "Prometheus. If the instance was deleted by hand, delete its PrometheusRule, too.",
    )


def _restarts(watched: Watched) -> Alert:
    restarts = watched.of("kube_pod_container_status_restarts_total")
    return Alert(
        name="OpenedxPodRestarts",
        severity="warning",
        expr=f"increase({restarts}[30m]) > 2",
        minutes=1,
        summary="container {{ $labels.container }} of {{ $labels.pod }} restarts again and again",
        description="More than two restarts in half an hour.",
        remedy="`kubectl logs --previous` has the last words of the container; `openedx-infra support` "
        "collects them of all. Exit code 137 is SIGKILL: see `OpenedxOutOfMemory`.",
    )


def _memory(watched: Watched) -> Alert:
    reason = watched.of("kube_pod_container_status_last_terminated_reason", reason="OOMKilled")
    restarts = watched.of("kube_pod_container_status_restarts_total")
    return Alert(
        name="OpenedxOutOfMemory",
        severity="warning",
        expr=f"{reason} == 1 and on (namespace, pod, container) increase({restarts}[1h]) > 0",
        minutes=1,
        summary="container {{ $labels.container }} of {{ $labels.pod }} was killed for its memory",
        description="It reached its memory limit. A worker's task is given to nobody else then, as it "
        "would be killed again.",
        remedy="Raise `memory_limit` of the workload in `openedx:sizing`; of a worker pool, lower "
        "`concurrency` or `max_tasks_per_child` before that.",
    )


def _unready(watched: Watched) -> Alert:
    available = watched.of("kube_deployment_status_replicas_available")
    wanted = watched.of("kube_deployment_spec_replicas")
    return Alert(
        name="OpenedxTooFewPods",
        severity="warning",
        expr=f"{available} < {wanted}",
        minutes=15,
        summary="{{ $labels.deployment }} has {{ $value }} pods, fewer than it should",
        description="The others can't be scheduled, or don't become ready.",
        remedy="`openedx-infra status` names the reason of each pod: no room on the nodes, an image that "
        "can't be pulled, a probe that fails.",
    )


def _initialization(watched: Watched) -> Alert:
    jobs = "(preflight|.*-provision|.*-migrate|.*-setup)(-.*)?"
    return Alert(
        name="OpenedxInitializationFailed",
        severity="critical",
        expr=f"{watched.of('kube_job_failed', job_name=jobs, condition='true')} == 1",
        minutes=1,
        summary="Job {{ $labels.job_name }} failed",
        description="A migration or another step before new code failed. The pods of before go on serving, "
        "and `up` stopped.",
        remedy="Its log has the reason: `openedx-infra status`, `kubectl logs job/NAME`. Mend it and run "
        "`openedx-infra up` again, which runs failed Jobs anew.",
    )


def _duty(watched: Watched) -> Alert:
    failed = watched.of("kube_job_failed", job_name="duty-.*", condition="true")
    created = watched.of("kube_job_created", job_name="duty-.*")
    return Alert(
        name="OpenedxDutyFailed",
        severity="warning",
        expr=f"{failed} == 1 and on (namespace, job_name) time() - {created} < 86400",
        minutes=1,
        summary="{{ $labels.job_name }} failed",
        description="A command that runs by the clock ended with an error within the last day; its next "
        "run comes by itself.",
        remedy="The pods of the last three failed runs are kept: `kubectl logs job/NAME`. What each duty "
        "does: [duties](duties.md). `kubectl create job --from=cronjob/duty-NAME again` runs it now.",
    )


def _volume_full(watched: Watched) -> Alert:
    free = watched.of("kubelet_volume_stats_available_bytes")
    whole = watched.of("kubelet_volume_stats_capacity_bytes")
    return Alert(
        name="OpenedxVolumeNearlyFull",
        severity="critical",
        expr=f"{free} / {whole} < 0.1",
        minutes=5,
        summary="volume {{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} left",
        description="MySQL and MongoDB stop writing, and may not start again, on a full disk.",
        remedy="Raise `storage` of the datastore in the stack file, and run `up`: volumes grow in place "
        "where their StorageClass allows expansion.",
    )


def _volume_fills(watched: Watched) -> Alert:
    free = watched.of("kubelet_volume_stats_available_bytes")
    whole = watched.of("kubelet_volume_stats_capacity_bytes")
    return Alert(
        name="OpenedxVolumeFills",
        severity="warning",
        expr=f"predict_linear({free}[12h], 4 * 86400) < 0 and {free} / {whole} < 0.4",
        minutes=60,
        summary="volume {{ $labels.persistentvolumeclaim }} will be full within four days",
        description="As it grew in the last twelve hours.",
        remedy="As for `OpenedxVolumeNearlyFull`. MySQL's binary logs are kept for three days: a large "
        "import grows for so long.",
    )
