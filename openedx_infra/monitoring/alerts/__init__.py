"""When is somebody told? All alerts of an instance, in groups.

Thresholds are guesses where no source is named: they are for a start, and `openedx:overrides` change them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from openedx_infra.monitoring.alerts import datastores, safety, tasks, web, workloads
from openedx_infra.monitoring.alerts.alert import Alert
from openedx_infra.monitoring.watched import Watched

__all__ = ["GROUPS", "Alert", "groups", "rules"]

GROUPS: Mapping[str, Callable[[Watched], Iterator[Alert]]] = {
    "web": web.alerts,
    "workloads": workloads.alerts,
    "tasks": tasks.alerts,
    "datastores": datastores.alerts,
    "safety": safety.alerts,
}
"""Groups of alerts by name, in the order of the documentation."""


def groups(watched: Watched) -> dict[str, list[Alert]]:
    """The alerts of an instance by the names of their groups."""
    return {name: list(alerts(watched)) for name, alerts in GROUPS.items()}


def rules(watched: Watched) -> dict[str, Any]:
    """The alerts as Prometheus reads them: a file of rules, and the spec of a PrometheusRule."""
    return {
        "groups": [
            {"name": f"{watched.namespace}.{name}", "rules": [alert.rule(watched) for alert in alerts]}
            for name, alerts in groups(watched).items()
        ]
    }
