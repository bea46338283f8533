"""What is an alert? A condition, how long it must hold, and what people are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from openedx_infra.monitoring.watched import Watched

Severity = Literal["critical", "warning"]
"""`critical`: learners notice, or data is at risk: somebody is woken up. `warning`: on a working day."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One alert."""

    name: str
    severity: Severity
    expr: str
    """PromQL that gives a value for each thing that is wrong."""
    minutes: int
    """How long it must hold."""
    summary: str
    """One line; `{{ $labels.… }}` names the thing."""
    description: str
    """What it means for whom."""
    remedy: str
    """What to look at, and to do: Markdown for docs/alerts.md."""

    def rule(self, watched: Watched) -> dict[str, Any]:
        """The alert as Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": f"{self.minutes}m",
            "labels": {"severity": self.severity, "openedx": watched.name},
            "annotations": {
                "summary": f"{watched.name}: {self.summary}",
                "description": self.description,
                "runbook_url": f"{watched.runbooks}#{self.name.lower()}",
            },
        }
