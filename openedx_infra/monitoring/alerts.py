"""Alert rules of an instance, read from `data/alerts/`.

The files are Prometheus' own rule files with two additions: placeholders in `[[…]]`, which `data/shared.yaml`
explains, and the key `needs`, which leaves a rule out where the instance hasn't got something. The annotation
`remedy` goes into docs/alerts.md alone. Thresholds are guesses where no source is named: `openedx:overrides`
change them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from openedx_infra.config.services.alerts import ServiceAlert
from openedx_infra.monitoring import data
from openedx_infra.monitoring.facts import MonitoringFacts, Need

GROUPS = ("web", "workloads", "tasks", "datastores", "safety")
"""Groups of alerts, one file each, in the order of the documentation."""

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
    needs: Need | None = None
    of_service: bool = False
    """Whether it is a companion service's, which brings its remedy along."""

    def rule(self, facts: MonitoringFacts) -> dict[str, Any]:
        """The alert as Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": f"{self.minutes}m",
            "labels": {"severity": self.severity, "openedx": facts.name},
            "annotations": {
                "summary": f"{facts.name}: {self.summary}",
                "description": self.description,
                "runbook_url": f"{facts.runbooks}#{self.name.lower()}",
                **({"remedy": self.remedy} if self.of_service else {}),
            },
        }


def groups(facts: MonitoringFacts) -> dict[str, list[Alert]]:
    """The alerts of an instance by the names of their groups."""
    files = {name: data.load(f"alerts/{name}.yaml", facts) for name in GROUPS}
    own = {
        group["name"]: [alert for alert in map(_alert, group["rules"]) if facts.has(alert.needs)]
        for file in files.values()
        for group in file["groups"]
    }
    of_services = {
        f"service-{name}": [_of_service(alert, facts) for alert in alerts]
        for name, alerts in facts.services.items()
    }
    return {**own, **of_services}


def rules(facts: MonitoringFacts) -> dict[str, Any]:
    """The alerts as Prometheus reads them: a file of rules, and the spec of a PrometheusRule."""
    return {
        "groups": [
            {"name": f"{facts.namespace}.{name}", "rules": [alert.rule(facts) for alert in alerts]}
            for name, alerts in groups(facts).items()
        ]
    }


def _of_service(alert: ServiceAlert, facts: MonitoringFacts) -> Alert:
    """An alert as a companion service has it."""
    expr = alert.expr.replace("[[namespace]]", facts.namespace)
    return Alert(**{**vars(alert), "expr": expr}, of_service=True)


def _alert(rule: Mapping[str, Any]) -> Alert:
    """An alert from a rule of a file; a key that an alert hasn't got is a TypeError."""
    rest = {key: value for key, value in rule.items() if key not in ("alert", "for", "labels", "annotations")}
    minutes = int(rule["for"].removesuffix("m"))
    return Alert(name=rule["alert"], minutes=minutes, **rule["labels"], **rule["annotations"], **rest)
