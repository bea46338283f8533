"""Who watches the instance? Metrics, alerts, dashboards, and where events go."""

from __future__ import annotations

from openedx_infra.config.base import Section, Switch


class Monitoring(Section):
    """What is measured and told."""

    prometheus: Switch = False
    """Whether the cluster runs the Prometheus Operator, which then finds exporters, monitors and alert rules
    of this instance."""
