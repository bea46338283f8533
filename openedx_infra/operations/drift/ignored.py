"""Which differences between a state and a cluster are no drift: what autoscalers and others own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from openedx_infra.config.sections.lifecycle import DriftRule
from openedx_infra.operations.drift.changes import Change
from openedx_infra.operations.drift.expected import Expected
from openedx_infra.operations.drift.reader import Kind, Object

_AUTOSCALER = "HorizontalPodAutoscaler"
"""KEDA's ScaledObjects make one each, too."""

_REPLICAS = ("spec", "replicas")


@dataclass(frozen=True)
class Scaled:
    """A workload whose number of pods an autoscaler of the cluster decides."""

    namespace: str
    kind: str
    name: str


def scaled(live: Mapping[Kind, Mapping[str, Object] | None]) -> set[Scaled]:
    """What the autoscalers among live objects point to, whoever made them."""
    found = set()
    for where, items in live.items():
        for item in (items or {}).values() if where.kind == _AUTOSCALER else ():
            target = (item.get("spec") or {}).get("scaleTargetRef") or {}
            found.add(Scaled(where.namespace, str(target.get("kind")), str(target.get("name"))))
    return found


def is_scaled(each: Expected, change: Change, workloads: Iterable[Scaled]) -> bool:
    """Whether a change is an autoscaler's decision."""
    return change.path == _REPLICAS and Scaled(each.namespace, each.kind, each.name) in workloads


def is_ignored(each: Expected, change: Change, rules: Sequence[DriftRule]) -> bool:
    """Whether a rule of the stack file passes over a change of a field."""
    return any(_is_about(rule, each) and _covers(rule, change) for rule in rules)


def is_whole_ignored(each: Expected, rules: Sequence[DriftRule]) -> bool:
    """Whether a rule passes over an object as a whole, so that it may be missing, too."""
    return any(_is_about(rule, each) and not rule.field and not rule.manager for rule in rules)


def _is_about(rule: DriftRule, each: Expected) -> bool:
    return rule.kind in (None, each.kind) and _matches(rule.name, each.name)


def _covers(rule: DriftRule, change: Change) -> bool:
    managers = change.manager.split(", ") if change.manager else []
    by_manager = rule.manager is None or (
        bool(managers) and all(_matches(rule.manager, each) for each in managers)
    )
    return by_manager and (rule.field is None or _is_within(rule.field, change.field))


def _is_within(pattern: str, field: str) -> bool:
    """Whether a field is the one of a pattern, or lies below it."""
    return re.fullmatch(rf"{_regex(pattern)}([.\[].*)?", field) is not None


def _matches(pattern: str | None, text: str) -> bool:
    return pattern is None or re.fullmatch(_regex(pattern), text) is not None


def _regex(pattern: str) -> str:
    """A pattern with `*` for any text; brackets, which tell items of lists apart, mean themselves."""
    return ".*".join(map(re.escape, pattern.split("*")))
