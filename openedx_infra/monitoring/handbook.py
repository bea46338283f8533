"""docs/alerts.md, written from the alert rules: what each means and what to do about it."""

from __future__ import annotations

import re
from pathlib import Path

from openedx_infra.config.services import registry
from openedx_infra.monitoring.alerts import groups
from openedx_infra.monitoring.facts import MonitoringFacts

_HEAD = """\
# Alerts

<!-- Written by `make docs` from openedx_infra/monitoring/data/alerts. -->

Every alert of an instance with `openedx:monitoring.prometheus: true`, and what to do about it. `critical`:
learners notice, or data is at risk, so that somebody is woken up; `warning`: on a working day. Who watches,
and how it is switched on: [observability](observability.md).

Thresholds are a start, and nobody measured them on your site: `openedx:overrides` on PrometheusRule `openedx`
change them. Conditions below are of an instance in namespace `campus` behind Traefik.
"""
PAGE = Path("docs/alerts.md")
"""The page, from the folder of the checkout."""
_TITLES = {
    "web": "Visitors",
    "workloads": "Pods, Jobs and volumes",
    "tasks": "Workers and queues",
    "datastores": "Datastores",
    "safety": "Backups and certificates",
}


def handbook() -> str:
    """The page as Markdown."""
    parts = [_HEAD]
    for group, alerts in groups(_CAMPUS).items():
        parts.append(f"\n## {_title(group)}\n")
        for alert in alerts:
            title = re.sub(r"\{\{ \$labels\.(\w+) \}\}", r"*\1*", alert.summary)
            title = re.sub(r"\{\{ \$value[\w |]* \}\}", "…", title)
            unit = "minute" if alert.minutes == 1 else "minutes"
            parts.append(
                f"\n### {alert.name}\n\n"
                f"*{alert.severity}, after {alert.minutes} {unit}*: {title}\n\n"
                f"{alert.description}\n\n"
                f"**What to do**: {alert.remedy}\n\n"
                f"```promql\n{alert.expr}\n```\n"
            )
    return "".join(parts)


def _title(group: str) -> str:
    name = group.removeprefix("service-")
    return _TITLES[group] if group in _TITLES else registry.service(name).title


_CAMPUS = MonitoringFacts(
    name="campus",
    namespace="campus",
    hosts=("learn.example.org", "studio.learn.example.org", "apps.learn.example.org"),
    controller="traefik",
    queues=tuple(
        f"edx.{site}.core.{queue}"
        for site, queues in {
            "lms": ("default", "high", "high_mem"),
            "cms": ("default", "high", "low"),
        }.items()
        for queue in queues
    ),
    unacked="unacked",
    cert_manager=True,
    backup_hours=26,
    proof_days=8,
    restore_test_namespace="campus-drill",
    services={name: alerts for name in registry.BUILT_IN if (alerts := registry.service(name).alerts)},
)


def main() -> None:
    """Write the page below the current directory."""
    PAGE.write_text(handbook(), encoding="utf-8")


if __name__ == "__main__":
    main()
