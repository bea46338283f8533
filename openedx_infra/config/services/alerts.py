"""Alerts of companion services, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class ServiceAlert:
    """An alert on a service, where `openedx:monitoring.prometheus` is on. Alerts on pods, Jobs and volumes of
    the namespace are there for all services."""

    name: str
    """Its name, which begins with the service's title: `BadgesNotGiven`."""
    severity: Literal["critical", "warning"]
    """`critical`: learners notice, or data is at risk: somebody is woken up. `warning`: on a working day."""
    expr: str
    """PromQL that gives a value for each thing that is wrong. `[[namespace]]` is the instance's."""
    minutes: int
    """How long it must hold."""
    summary: str
    """One line; `{{ $labels.… }}` names the thing."""
    description: str
    """What it means for whom."""
    remedy: str
    """What to look at, and to do. It is the alert's annotation `remedy`, and for services of this program it
    is in docs/alerts.md."""
