"""How a stack's cluster differs from its state, as `status` shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openedx_infra.config.sections.lifecycle import DriftRule
from openedx_infra.operations.cluster.health import Row
from openedx_infra.operations.drift.changes import Change, changes
from openedx_infra.operations.drift.expected import Expected, expected
from openedx_infra.operations.drift.ignored import is_ignored, is_scaled, is_whole_ignored, scaled
from openedx_infra.operations.drift.presence import by_kind, compared
from openedx_infra.operations.drift.reader import Kind, Reader
from openedx_infra.operations.drift.strangers import kinds_of, strangers

MISSING, LEAVING, CHANGED, STRANGER = "missing", "being deleted", "changed", "not of this stack"
"""What stands in the column `Ready` for an object that is not as it should be."""


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What differs between the state and the cluster."""

    missing: Sequence[Expected] = ()
    leaving: Sequence[Expected] = ()
    """Being deleted."""
    changed: Sequence[tuple[Expected, Sequence[Change]]] = ()
    strangers: Sequence[tuple[Kind, str]] = ()
    """Objects in the stack's namespaces that are not of the stack, by kind and name."""
    unreadable: Sequence[Kind] = ()
    """Kinds that the user may not read."""
    ignored: Sequence[tuple[Expected, Sequence[Change]]] = ()
    """What rules of the stack file pass over, or autoscalers decide. Without changes: the object is gone."""

    @property
    def found(self) -> bool:
        """Whether anything is not as it was brought up; objects of others don't count."""
        return bool(self.missing or self.leaving or self.changed)

    def rows(self) -> list[Row]:
        """A row for each object that is missing, being deleted or changed."""
        return [
            *(_row(each, MISSING, _lost(each, "deleted")) for each in self.missing),
            *(_row(each, LEAVING, _lost(each, "being deleted")) for each in self.leaving),
            *(_row(each, CHANGED, "; ".join(map(str, found))) for each, found in self.changed),
        ]

    def stranger_rows(self) -> list[Row]:
        """The same for objects that are not of the stack; they count as ready."""
        return [Row(kind=kind.kind, name=name, ready=True, count=STRANGER) for kind, name in self.strangers]


def drift(
    api: Reader, state: Mapping[str, Any], namespaces: Sequence[str], rules: Sequence[DriftRule] = ()
) -> Drift:
    """Compare a state with the cluster: reads all objects of the state, and all of these namespaces.

    `rules` name what others own.
    """
    objects = expected(state)
    if not objects:
        return Drift()
    whole = kinds_of(objects, namespaces)
    elsewhere = {kind: names for kind, names in by_kind(objects).items() if kind not in whole}
    live = api.read({**dict.fromkeys(whole), **elsewhere}, metadata=False)
    presence = compared((each for each in objects if not each.is_patch), live)
    workloads = scaled(live)
    found: list[tuple[Expected, Sequence[Change]]] = []
    whole_ignored = {each.urn.text for each in presence.gone if is_whole_ignored(each, rules)}
    passed: list[tuple[Expected, Sequence[Change]]] = [
        (each, ()) for each in presence.gone if each.urn.text in whole_ignored
    ]
    for each in objects:
        item = (live[each.where] or {}).get(each.name)
        if not item or item["metadata"].get("deletionTimestamp"):
            continue
        drifted: list[Change] = []
        others: list[Change] = []
        for change in changes(each, item):
            owned = is_scaled(each, change, workloads) or is_ignored(each, change, rules)
            (others if owned else drifted).append(change)
        found += [(each, drifted)] if drifted else []
        passed += [(each, tuple(others))] if others else []
    return Drift(
        missing=[each for each in presence.missing if each.urn.text not in whole_ignored],
        leaving=[each for each in presence.leaving if each.urn.text not in whole_ignored],
        changed=found,
        strangers=list(strangers(objects, live)),
        unreadable=[kind for kind in by_kind(objects) if live[kind] is None],
        ignored=passed,
    )


def _row(each: Expected, count: str, reason: str) -> Row:
    return Row(kind=each.kind, name=each.name, ready=False, count=count, reason=reason)


def _lost(each: Expected, how: str) -> str:
    return f"{how} in the cluster" + (", with its data" if each.holds_data else "")
