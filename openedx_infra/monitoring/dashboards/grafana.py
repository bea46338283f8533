"""How does Grafana want a dashboard? As JSON: panels on a grid, each with queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 24
"""Columns of Grafana's grid."""
HEIGHT = 8
SOURCE = {"type": "prometheus", "uid": "${source}"}
"""The Prometheus that people choose at the top of the page; by default, Grafana's default one."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A picture of one question."""

    title: str
    queries: Mapping[str, str]
    """PromQL by the text of its legend; `{{label}}` shows a label."""
    unit: str = "short"
    """Unit of the values, in Grafana's words: `s`, `bytes`, `percentunit`, `reqps`."""
    kind: str = "timeseries"
    """`timeseries`, or `stat` for the newest value alone."""
    limit: float | None = None
    """Value beyond which it is red."""
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


def placed(panels: Sequence[Panel]) -> list[dict[str, Any]]:
    """Panels beside and below each other, as many in a row as fit."""
    found: list[dict[str, Any]] = []
    x = y = 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > WIDTH:
            x, y = 0, y + HEIGHT
        place = {"x": x, "y": y, "w": panel.width, "h": HEIGHT}
        found.append({"id": number, "gridPos": place, **_panel(panel)})
        x += panel.width
    return found


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


def _thresholds(limit: float | None) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if limit is not None:
        steps.append({"color": "red", "value": limit})
    return {"mode": "absolute", "steps": steps}
