"""How a stack's cluster differs from its state, as `status` shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openedx_infra.operations.cluster.health import Row
from openedx_infra.operations.drift.changes import Change, changes
from openedx_infra.operations.drift.expected import Expected, expected
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


def drift(api: Reader, state: Mapping[str, Any], namespaces: Sequence[str]) -> Drift:
    """Compare a state with the cluster: reads all objects of the state, and all of these namespaces."""
    objects = expected(state)
    if not objects:
        return Drift()
    whole = kinds_of(objects, namespaces)
    elsewhere = {kind: names for kind, names in by_kind(objects).items() if kind not in whole}
    live = api.read({**dict.fromkeys(whole), **elsewhere}, metadata=False)
    presence = compared((each for each in objects if not each.is_patch), live)
    found = []
    for each in objects:
        item = (live[each.where] or {}).get(each.name)
        if item and not item["metadata"].get("deletionTimestamp") and (differences := changes(each, item)):
            found.append((each, differences))
    return Drift(
        missing=presence.missing,
        leaving=presence.leaving,
        changed=found,
        strangers=list(strangers(objects, live)),
        unreadable=[kind for kind in by_kind(objects) if live[kind] is None],
    )


def _row(each: Expected, count: str, reason: str) -> Row:
    return Row(kind=each.kind, name=each.name, ready=False, count=count, reason=reason)


def _lost(each: Expected, how: str) -> str:
    return f"{how} in the cluster" + (", with its data" if each.holds_data else "")
