"""All that a preview found, for people and for machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from openedx_infra.operations.engine.events import Outputs, Started
from openedx_infra.operations.plan.differences import Difference, differences
from openedx_infra.operations.plan.objects import ObjectChange, object_changes
from openedx_infra.operations.plan.settings import SettingChange, setting_changes
from openedx_infra.operations.plan.workloads import (
    Restart,
    WorkloadChange,
    image_changes,
    restarts,
    size_changes,
)

_OF_MACHINE = ("kubeconfig",)
"""Keys of `cluster` that depend on the machine."""

_SITES = {
    "lms": "LMS",
    "studio": "Studio",
    "jobs": "Jobs",
    "mfe-config": "MFEs",
    "lms-setup-parameters": "Set-up",
}
"""Names of those whose settings change."""


@dataclass(frozen=True, kw_only=True)
class ChangeSummary:
    """What a run would change."""

    keys: Sequence[Difference]
    """Keys of the stack file, defaults included; empty for a stack that was never brought up."""
    settings: Sequence[SettingChange]
    images: Sequence[WorkloadChange]
    sizes: Sequence[WorkloadChange]
    secrets: Sequence[str]
    """Secrets whose content would change."""
    restarts: Sequence[Restart]
    objects: Sequence[ObjectChange]

    def as_json(self) -> dict[str, Any]:
        """The same for machines; docs/operations.md describes it."""
        return {
            "keys": [{"key": f"openedx:{each.name}", **each.as_json()} for each in self.keys],
            "settings": [
                {
                    "where": list(each.where),
                    "setting": each.difference.name,
                    **each.difference.as_json(),
                    **({"lines": list(each.lines)} if each.lines else {}),
                }
                for each in self.settings
            ],
            "images": [_of_workloads(each, "image") for each in self.images],
            "sizes": [_of_workloads(each, "size") for each in self.sizes],
            "secrets": list(self.secrets),
            "restarts": [
                {
                    "kind": each.kind,
                    "name": each.name,
                    "how": each.how,
                    "why": each.why,
                    "notice": each.notice,
                    "seconds": each.seconds,
                    "source": each.source,
                }
                for each in self.restarts
            ],
            "objects": [
                {
                    "op": each.op,
                    "kind": each.urn.kind,
                    "name": each.urn.name,
                    "urn": each.urn.text,
                    "paths": list(each.paths),
                }
                for each in self.objects
            ],
        }

    def lines(self) -> Iterator[Text]:
        """The same for people, without the objects; nothing where there is nothing to show."""
        yield from _block("Keys of the stack file", ((f"openedx:{d.name}", str(d)) for d in self.keys))
        yield from _block("Settings", (row for each in self.settings for row in _rows(each)))
        images = ((", ".join(_short(each.workloads)), str(each.difference)) for each in self.images)
        yield from _block("Images", images)
        sizes = ((", ".join(_short(w.workloads)), f"{w.difference.name} {w.difference}") for w in self.sizes)
        yield from _block("Sizes", sizes)
        yield from _block("Secrets", ((name, "another content (never shown)") for name in self.secrets))
        groups: dict[str, list[str]] = {}
        for each in self.restarts:
            groups.setdefault(each.effect, []).append(each.name)
        yield from _block("Pods, and what visitors notice", ((", ".join(n), e) for e, n in groups.items()))


def summary(steps: Iterable[Started], outputs: Outputs | None) -> ChangeSummary:
    """The summary of a preview's steps, and of the stack's outputs before and after."""
    objects = object_changes(steps)
    return ChangeSummary(
        keys=_keys(outputs),
        settings=setting_changes(objects),
        images=image_changes(objects),
        sizes=size_changes(objects),
        secrets=[
            each.urn.name
            for each in objects
            if each.urn.kind == "Secret" and each.op in ("update", "replace")
        ],
        restarts=restarts(objects) if any(each.before for each in objects) else [],
        objects=objects,
    )


def _keys(outputs: Outputs | None) -> list[Difference]:
    """Keys that differ between the configuration of the last `up` and this one."""
    before, now = (
        (each.get("config") or {}) if each else {}
        for each in ((outputs.before, outputs.now) if outputs else ({}, {}))
    )
    if not before or not now:
        return []
    return [each for each in differences(_without_machine(before), _without_machine(now))]


def _without_machine(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration without what depends on the machine alone."""
    cluster = {key: value for key, value in (config.get("cluster") or {}).items() if key not in _OF_MACHINE}
    return {**config, "cluster": cluster}


def _of_workloads(change: WorkloadChange, name: str) -> dict[str, Any]:
    return {"workloads": list(change.workloads), name: change.difference.name, **change.difference.as_json()}


def _rows(change: SettingChange) -> Iterator[tuple[str, str]]:
    """A setting with its values; a file of Python settings with its changed lines below."""
    yield f"{site_names(change.where)}: {change.difference.name}", str(change.difference)
    yield from (("", line) for line in change.lines)


def site_names(where: Sequence[str]) -> str:
    """Names of those whose setting changes, in words."""
    return ", ".join(_SITES.get(each, each) for each in where)


def _short(workloads: Sequence[str]) -> list[str]:
    """Names of workloads; with their kind for Jobs and CronJobs, which run beside them."""
    return list(
        dict.fromkeys(
            each.partition(" ")[2] if each.startswith(("Deployment", "StatefulSet")) else each
            for each in workloads
        )
    )


def _block(title: str, items: Iterable[tuple[str, str]]) -> Iterator[Text]:
    rows = list(items)
    if rows:
        yield Text(title, "bold")
    width = min(max((len(name) for name, _ in rows), default=0), _WIDEST)
    for name, text in rows:
        yield Text.assemble("  ", (name.ljust(width), "cyan"), "  ", text)


_WIDEST = 60
"""Columns that names take at most; a longer one moves its own line only."""
