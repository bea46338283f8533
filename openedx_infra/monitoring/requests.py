"""How many requests come in, how do they end, how long do they take? As each ingress controller tells it."""

from __future__ import annotations

import re

from openedx_infra.monitoring.watched import Watched, selector

_SERVICES = "lms|studio|mfe|static|storage|meilisearch|maintenance"
"""Services that visitors reach."""


def total(watched: Watched, *, failed: bool = False, window: str = "5m") -> str:
    """Requests a second by Service or host; `failed`: those answered with a status of 500 and above."""
    if watched.controller == "traefik":
        status = {"code": "5.."} if failed else {}
        metric = _traefik(watched, "traefik_service_requests_total", **_regex(status))
    else:
        status = {"status": "5.."} if failed else {}
        metric = _nginx(watched, "nginx_ingress_controller_requests", **_regex(status))
    return f"sum by ({by(watched)}) (rate({metric}[{window}]))"


def seconds(watched: Watched, quantile: float, window: str = "5m") -> str:
    """Seconds that this share of requests is answered within."""
    if watched.controller == "traefik":
        metric = _traefik(watched, "traefik_service_request_duration_seconds_bucket")
    else:
        metric = _nginx(watched, "nginx_ingress_controller_request_duration_seconds_bucket")
    return f"histogram_quantile({quantile}, sum by (le, {by(watched)}) (rate({metric}[{window}])))"


def by(watched: Watched) -> str:
    """The label that tells one site from another."""
    return "service" if watched.controller == "traefik" else "host"


def _regex(labels: dict[str, str]) -> dict[str, str]:
    return {key: f"({value})" for key, value in labels.items()}


def _traefik(watched: Watched, metric: str, **labels: str) -> str:
    # Of Ingress objects `campus-lms-8000@kubernetes`; of Gateway API's, `httproute-` before it.
    service = f"(httproute-)?{watched.namespace}-({_SERVICES})(-.*)?"
    return selector(metric, {"service": service, **labels})


def _nginx(watched: Watched, metric: str, **labels: str) -> str:
    # Its label `namespace` is renamed unless its monitor has honorLabels; hosts are nobody else's.
    hosts = "|".join(re.escape(host).replace("\\", "\\\\") for host in watched.hosts)
    return selector(metric, {"host": f"({hosts})", **labels})
