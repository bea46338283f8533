"""Do visitors get what they ask for?"""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.monitoring import requests
from openedx_infra.monitoring.alerts.alert import Alert
from openedx_infra.monitoring.watched import Watched

ERRORS = 0.05
"""Share of failed requests beyond which somebody is told."""
SECONDS = 3
"""What nineteen of twenty requests should be answered within."""


def alerts(watched: Watched) -> Iterator[Alert]:
    """Of visitors."""
    yield _down(watched)
    yield _errors(watched)
    yield _slow(watched)


def _down(watched: Watched) -> Alert:
    which = {"deployment": "(lms|studio|mfe)(-blue|-green)?"}
    available = watched.of("kube_deployment_status_replicas_available", **which)
    wanted = watched.of("kube_deployment_spec_replicas", **which)
    return Alert(
        name="OpenedxSiteDown",
        severity="critical",
        expr=f"{available} == 0 and {wanted} > 0",
        minutes=2,
        summary="no pod of {{ $labels.deployment }} is ready",
        description="Visitors get an error page. /heartbeat asks MySQL and MongoDB: when one of them is "
        "away, all pods of LMS and Studio leave their Services.",
        remedy="`openedx-infra status` names the reason. If datastores are among what isn't ready, mend "
        "these first: web pods come back by themselves. If it began with a roll-out, `openedx-infra "
        "rollback`.",
    )


def _errors(watched: Watched) -> Alert:
    all_, failed = requests.total(watched), requests.total(watched, failed=True)
    return Alert(
        name="OpenedxErrors",
        severity="critical",
        expr=f"{failed} / {all_} > {ERRORS} and {failed} > 0.05",
        minutes=5,
        summary=f"{{{{ $value | humanizePercentage }}}} of requests to {_label(watched)} fail",
        description=f"More than {ERRORS:.0%} of requests, and more than three a minute, are answered with a "
        "status of 500 and above.",
        remedy="Tracebacks are in the logs of the web pods: `kubectl logs -l "
        "app.kubernetes.io/component=lms`. 502 and 504 come from the ingress controller: look for restarts "
        "and for `OpenedxSlow`.",
    )


def _slow(watched: Watched) -> Alert:
    return Alert(
        name="OpenedxSlow",
        severity="warning",
        expr=f"{requests.seconds(watched, 0.95)} > {SECONDS} and {requests.total(watched)} > 0.1",
        minutes=15,
        summary=f"requests to {_label(watched)} take {{{{ $value | humanizeDuration }}}}",
        description=f"One of twenty requests takes longer than {SECONDS} s.",
        remedy="Are all processes busy? Dashboard *Web* shows CPU of the pods, *Datastores* MySQL's "
        "threads. More replicas help against the first (`openedx:sizing.lms.replicas`), and nothing but an "
        "index or a larger server against the second. A CPU limit on web pods slows them down: there "
        "should be none.",
    )


def _label(watched: Watched) -> str:
    """Which site it is, in a text of an alert."""
    return f"{{{{ $labels.{requests.by(watched)} }}}}"
