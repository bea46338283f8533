"""Dashboards of an instance, read from `data/dashboards.yaml` and laid out as Grafana's JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openedx_infra.monitoring import data
from openedx_infra.monitoring.facts import MonitoringFacts

WIDTH = 24
"""Columns of Grafana's grid."""
HEIGHT = 8
SOURCE = {"type": "prometheus", "uid": "${source}"}
"""The Prometheus that people choose at the top of the page; by default, Grafana's default one."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel of a dashboard."""

    title: str
    queries: Mapping[str, str]
    """PromQL by the text of its legend; `{{label}}` shows a label."""
    unit: str = "short"
    """Unit of the values, in Grafana's words: `s`, `bytes`, `percentunit`, `reqps`."""
    kind: str = "timeseries"
    """`timeseries`, or `stat` for the newest value alone."""
    limit: float | str | None = None
    """Value beyond which it is red: a number, or a text that is one once its placeholders are filled in."""
    width: int = 12
    help: str = ""
    """What it shows, and when it is bad."""


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """A page of panels."""

    uid: str
    """Its identity: links to it stay right."""
    title: str
    tags: Sequence[str]
    panels: Sequence[Panel]

    def document(self) -> dict[str, Any]:
        """The dashboard as Grafana reads it."""
        return {
            "uid": self.uid,
            "title": self.title,
            "tags": list(self.tags),
            "schemaVersion": 39,
            "editable": False,
            "refresh": "1m",
            "time": {"from": "now-6h", "to": "now"},
            "templating": {
                "list": [
                    {"name": "source", "label": "Source", "type": "datasource", "query": "prometheus"},
                ]
            },
            "links": [
                {"type": "dashboards", "title": "Open edX", "tags": [self.tags[0]], "asDropdown": True}
            ],
            "panels": placed(self.panels),
        }


def dashboards(facts: MonitoringFacts) -> dict[str, Dashboard]:
    """The dashboards of an instance, by name; that of backups, where there are any."""
    return {
        name: Dashboard(
            uid=_uid(facts.namespace, name),
            title=f"{facts.name}: {page['title']}",
            tags=[f"openedx-{facts.name}", "openedx"],
            panels=[Panel(**panel) for panel in page["panels"]],
        )
        for name, page in data.load("dashboards.yaml", facts).items()
        if facts.has(page.get("needs"))
    }


def _uid(namespace: str, name: str) -> str:
    """At most 40 characters, as Grafana wants it."""
    return f"{name}-{hashlib.sha256(namespace.encode()).hexdigest()[:12]}"


def placed(panels: Sequence[Panel]) -> list[dict[str, Any]]:
    """Panels beside and below each other, as many in a row as fit."""
    layout: list[dict[str, Any]] = []
    x = y = 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > WIDTH:
            x, y = 0, y + HEIGHT
        position = {"x": x, "y": y, "w": panel.width, "h": HEIGHT}
        layout.append({"id": number, "gridPos": position, **_panel(panel)})
        x += panel.width
    return layout


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "title": panel.title,
        "description": panel.help,
        "type": panel.kind,
        "datasource": SOURCE,
        "targets": [
            {"refId": chr(ord("A") + index), "datasource": SOURCE, "expr": expr, "legendFormat": legend}
            for index, (legend, expr) in enumerate(panel.queries.items())
        ],
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "min": 0, "thresholds": _thresholds(panel.limit)},
            "overrides": [],
        },
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}}
        if panel.kind == "timeseries"
        else {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "background"},
    }


def _thresholds(limit: float | str | None) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if limit is not None:
        steps.append({"color": "red", "value": json.loads(str(limit))})
    return {"mode": "absolute", "steps": steps}
