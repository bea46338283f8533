"""What alert rules and dashboards know of an instance."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from openedx_infra.config import Stack
from openedx_infra.config.sections.parts.event_sinks import QUEUE
from openedx_infra.config.services.alerts import ServiceAlert
from openedx_infra.config.services.registry import companions

SITES = ("lms", "cms")

MYSQL = "mysqld-exporter"
BROKER = "broker-exporter"
CACHE = "cache-exporter"
"""Services of the exporters that an instance runs; rules and dashboards name them, too."""

Need = Literal["backups", "restore_tests", "cert_manager"]
"""What an instance may be without: an alert or dashboard that needs it is left out then."""


@dataclass(frozen=True, kw_only=True)
class MonitoringFacts:
    """One instance, as metrics name it."""

    name: str
    """Name of the stack: the label `openedx` of its alerts."""
    namespace: str
    """Its namespace."""
    hosts: tuple[str, ...]
    """Hosts of LMS, Studio and MFEs, further ones of the LMS among them."""
    controller: Literal["traefik", "nginx"]
    """The ingress controller whose metrics count requests."""
    queues: tuple[str, ...]
    """Celery's queues, as keys of the broker."""
    unacked: str
    """Key of the broker that holds the tasks which workers have taken and not finished."""
    cert_manager: bool
    """Whether cert-manager renews its certificates."""
    backup_hours: int | None = None
    """Age of the last backup that raises an alert. None: there are no backups."""
    proof_days: int | None = None
    """Age of the last restore test that raises an alert. None: there are no restore tests."""
    restore_test_namespace: str = ""
    """Namespace of the restore tests."""
    services: Mapping[str, Sequence[ServiceAlert]] = field(default_factory=dict)
    """Alerts of companion services, by the services' names."""
    runbooks: str = "docs/alerts.md"
    """Address of the page that says what to do about alerts."""

    def has(self, need: Need | None) -> bool:
        """Tell whether the instance has what an alert or dashboard needs."""
        present = {
            None: True,
            "backups": bool(self.backup_hours),
            "restore_tests": bool(self.proof_days),
            "cert_manager": self.cert_manager,
        }
        return present[need]

    def values(self) -> Mapping[str, str]:
        """The facts as texts, by the names that rules and dashboards use in `[[…]]`.

        `hosts` and `queues` are alternatives of a regular expression.
        """
        return {
            "name": self.name,
            "namespace": self.namespace,
            "hosts": "|".join(re.escape(host).replace("\\", "\\\\") for host in self.hosts),
            "queues": "|".join(queue.replace(".", "[.]") for queue in self.queues),
            "unacked": self.unacked,
            "restore_test_namespace": self.restore_test_namespace,
            "backup_seconds": str((self.backup_hours or 0) * 3600),
            "proof_seconds": str((self.proof_days or 0) * 86_400),
        }


def monitoring_facts(stack: Stack, prefix: str = "") -> MonitoringFacts:
    """The facts of a stack. `prefix` is what keys of its broker begin with."""
    release, site, backups = stack.pinned_release, stack.site, stack.backups
    more = (QUEUE,) if stack.event_sinks.has_tasks else ()
    queues = {"lms": (*release.lms_queues, *more), "cms": (*release.studio_queues, *more)}
    return MonitoringFacts(
        name=stack.name,
        namespace=stack.namespace,
        hosts=(site.lms_host, site.studio_host, site.mfe_host, *site.more_hosts),
        controller="nginx" if stack.cluster.ingress_controller == "nginx" else "traefik",
        queues=tuple(
            f"{prefix}{colour}edx.{variant}.core.{name}"
            for colour in _prefixes(stack)
            for variant in SITES
            for name in queues[variant]
        ),
        unacked=f"{prefix}unacked",
        cert_manager=site.tls.source not in ("none", "secret", "upstream"),
        backup_hours=backups.overdue_hours if backups else None,
        proof_days=backups.drill.overdue_days if backups and backups.drill else None,
        restore_test_namespace=stack.restore_test_namespace,
        services={each.name: each.service.alerts for each in companions(stack) if each.service.alerts},
        runbooks=stack.monitoring.runbooks or "docs/alerts.md",
    )


def _prefixes(stack: Stack) -> list[str]:
    """What queues of each version begin with: nothing, and a second version's colour."""
    return [f"{version.colour}:" if version.suffix else "" for version in stack.versions]
