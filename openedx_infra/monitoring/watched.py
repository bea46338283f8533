"""What must rules and dashboards know of an instance?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from openedx_infra.config import Stack

SITES = ("lms", "cms")


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One instance, as metrics name it."""

    name: str
    """Name of the stack: the label `openedx` of its alerts."""
    namespace: str
    """Its namespace."""
    hosts: tuple[str, ...]
    """Hosts of LMS, Studio and MFEs."""
    controller: Literal["traefik", "nginx"]
    """Whose metrics tell of requests."""
    queues: tuple[str, ...]
    """Celery's queues, as keys of the broker."""
    unacked: str
    """Key of the broker that holds the tasks which workers have taken and not finished."""
    cert_manager: bool
    """Whether cert-manager renews its certificates."""
    backup_hours: int | None = None
    """Age of the last backup beyond which somebody is told. None: none are made."""
    proof_days: int | None = None
    """The same for the last proven restore. None: nobody proves any."""
    drill_namespace: str = ""
    """Where restores are proven."""
    runbooks: str = "docs/alerts.md"
    """Where it is told what to do about alerts."""

    def of(self, metric: str, **labels: str) -> str:
        """A metric of the instance's namespace. Values of labels that hold a character of regular
        expressions are matched as one."""
        return selector(metric, {"namespace": self.namespace, **labels})

    def exporter(self, metric: str, name: str, **labels: str) -> str:
        """A metric that one of the instance's own exporters tells, by its Service."""
        return self.of(metric, service=name, **labels)


def selector(metric: str, labels: Mapping[str, str]) -> str:
    """A metric with labels, in PromQL. A value with a character of regular expressions is matched as one."""
    pairs = [f'{key}{"=~" if _REGEX & set(value) else "="}"{value}"' for key, value in labels.items()]
    return f"{metric}{{{','.join(pairs)}}}"


_REGEX = frozenset("|*+()[]?")


def watched(stack: Stack, prefix: str = "") -> Watched:
    """What there is to watch in a stack. `prefix` is what keys of its broker begin with."""
    release, said = stack.pinned_release, stack.monitoring
    queues = {"lms": release.lms_queues, "cms": release.studio_queues}
    site = stack.site
    return Watched(
        name=stack.name,
        namespace=stack.namespace,
        hosts=(site.lms_host, site.studio_host, site.mfe_host),
        controller="nginx" if stack.cluster.ingress_controller == "nginx" else "traefik",
        queues=tuple(
            f"{prefix}{colour}edx.{variant}.core.{name}"
            for colour in _prefixes(stack)
            for variant in SITES
            for name in queues[variant]
        ),
        unacked=f"{prefix}unacked",
        cert_manager=site.tls.source not in ("none", "secret", "upstream"),
        backup_hours=stack.backups.overdue_hours if stack.backups else None,
        proof_days=stack.backups.drill.overdue_days if stack.backups and stack.backups.drill else None,
        drill_namespace=stack.drill_namespace,
        runbooks=said.runbooks or "docs/alerts.md",
    )


def _prefixes(stack: Stack) -> list[str]:
    """What queues of each version begin with: nothing, and a second version's colour."""
    return [f"{version.colour}:" if version.suffix else "" for version in stack.versions]
