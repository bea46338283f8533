"""What do people look at? The dashboards of an instance, one for each question."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping

from openedx_infra.monitoring.dashboards import pages
from openedx_infra.monitoring.dashboards.grafana import Dashboard, Panel
from openedx_infra.monitoring.watched import Watched

__all__ = ["PAGES", "Dashboard", "dashboards"]

PAGES: Mapping[str, tuple[str, Callable[[Watched], Iterator[Panel]]]] = {
    "overview": ("Overview", pages.overview),
    "web": ("Web", pages.visitors),
    "workers": ("Workers and queues", pages.workers),
    "datastores": ("Datastores", pages.stores),
    "backups": ("Backups", pages.backups),
}
"""Title and panels of each dashboard, by its name."""


def dashboards(watched: Watched) -> dict[str, Dashboard]:
    """The dashboards of an instance, by name; that of backups, where there are any."""
    return {
        name: Dashboard(
            uid=_uid(watched.namespace, name),
            title=f"{watched.name}: {title}",
            tags=[f"openedx-{watched.name}", "openedx"],
            panels=list(panels(watched)),
        )
        for name, (title, panels) in PAGES.items()
        if name != "backups" or watched.backup_hours
    }


def _uid(namespace: str, name: str) -> str:
    """At most 40 characters, as Grafana wants it."""
    return f"{name}-{hashlib.sha256(namespace.encode()).hexdigest()[:12]}"
