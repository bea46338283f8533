"""Could the data be had back, and will browsers trust the site tomorrow?"""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.monitoring.alerts.alert import Alert
from openedx_infra.monitoring.watched import Watched, selector

DAY = 86_400


def alerts(watched: Watched) -> Iterator[Alert]:
    """Of backups and certificates, where there are any."""
    if watched.backup_hours:
        yield _backup_old(watched, watched.backup_hours)
        yield _backup_failed(watched)
    if watched.proof_days:
        yield _unproven(watched, watched.proof_days)
    if watched.cert_manager:
        yield _certificate(watched)


def _older(namespace: str, name: str, seconds: int) -> str:
    """A CronJob that did not end well within this time, or never since it was made."""
    labels = {"namespace": namespace, "cronjob": name}
    ended = selector("kube_cronjob_status_last_successful_time", labels)
    made = selector("kube_cronjob_created", labels)
    never = f"time() - {made} > {seconds} unless on (namespace, cronjob) {ended}"
    return f"time() - {ended} > {seconds} or ({never})"


def _backup_old(watched: Watched, hours: int) -> Alert:
    return Alert(
        name="OpenedxBackupTooOld",
        severity="critical",
        expr=_older(watched.namespace, "backup", hours * 3600),
        minutes=10,
        summary="the last backup is {{ $value | humanizeDuration }} old",
        description="What has changed since can't be had back after a loss.",
        remedy="`openedx-infra status` tells of the last runs, `kubectl logs job/backup-…` why they failed. "
        "`openedx-infra backup` makes one now.",
    )


def _backup_failed(watched: Watched) -> Alert:
    failed = watched.of("kube_job_failed", job_name="backup-.*", condition="true")
    created = watched.of("kube_job_created", job_name="backup-.*")
    return Alert(
        name="OpenedxBackupFailed",
        severity="warning",
        expr=f"{failed} == 1 and on (namespace, job_name) time() - {created} < {DAY}",
        minutes=1,
        summary="{{ $labels.job_name }} failed",
        description="The backup of this day was not made; the one before it is still there.",
        remedy="`kubectl logs job/NAME` tells why: no room, a bucket that can't be reached, a password.",
    )


def _unproven(watched: Watched, days: int) -> Alert:
    return Alert(
        name="OpenedxRestoreNotProven",
        severity="warning",
        expr=_older(watched.drill_namespace, "drill", days * DAY),
        minutes=60,
        summary="no restore was proven for {{ $value | humanizeDuration }}",
        description="Backups that nobody restores may be good for nothing.",
        remedy="`kubectl -n NAMESPACE-drill logs job/drill-…` tells at which step the drill failed.",
    )


def _certificate(watched: Watched) -> Alert:
    metric = "certmanager_certificate_expiration_timestamp_seconds"
    # The label of the certificate's namespace is renamed unless cert-manager's monitor has honorLabels.
    either = " or ".join(
        selector(metric, {label: watched.namespace}) for label in ("namespace", "exported_namespace")
    )
    return Alert(
        name="OpenedxCertificateExpires",
        severity="critical",
        expr=f"({either}) - time() < {14 * DAY}",
        minutes=60,
        summary="certificate {{ $labels.name }} expires in {{ $value | humanizeDuration }}",
        description="cert-manager renews 30 days before (of 90): it has failed for two weeks.",
        remedy="`kubectl describe certificate,order,challenge` has the authority's words. Does DNS still "
        "name this cluster, and can the authority reach it?",
    )
