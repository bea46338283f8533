"""The components of a stack, what they wait for, and what a change does to each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from openedx_infra.operations.plan.change_summary import ChangeSummary
from openedx_infra.operations.plan.objects import ObjectChange
from openedx_infra.operations.report.recordings import Recording

STATES = ("unchanged", "changed", "restarted", "added", "replaced", "removed")
"""What becomes of a component, from the least to the most."""

_RESTARTS = ("rolls over", "restarts", "one pod after another", "its operator")
_WORKLOADS = ("Deployment", "StatefulSet")
_OF_STACK = "stack"
"""Name of the group of what has no component."""


@dataclass(frozen=True, kw_only=True)
class Component:
    """A component, or a workload within one, which the picture shows by itself."""

    name: str
    kind: str
    """Such as `Lms`."""
    state: str = "unchanged"
    """One of STATES."""
    waits_for: tuple[str, ...] = ()
    """Names of the components that must be ready before it."""
    changes: tuple[ObjectChange, ...] = ()
    """Its objects that would change."""


def components(before: Recording, now: Recording, summary: ChangeSummary) -> list[Component]:
    """All components before and after a change, in the order in which they are registered.

    Servers of datastores are shown one by one: they matter more than their component.
    """
    owner = {**_owners(before), **_owners(now)}
    kinds = {**_kinds(before), **_kinds(now)}
    changes: dict[str, list[ObjectChange]] = {}
    for each in summary.objects:
        changes.setdefault(owner.get(each.urn.text, _OF_STACK), []).append(each)
    restarted = {restart.name for restart in summary.restarts if restart.how.startswith(_RESTARTS)}
    present, former = set(_owners(now).values()), set(_owners(before).values())
    waits = _waits(now if now.usable else before, owner)
    names = dict.fromkeys([*owner.values(), *changes])
    return [
        Component(
            name=name,
            kind=kinds.get(name, "" if name == _OF_STACK else "Server"),
            state=_state(changes.get(name, ()), name in present, name in former, restarted),
            waits_for=waits.get(name, ()),
            changes=tuple(changes.get(name, ())),
        )
        for name in names
    ]


def component_of(recordings: Iterable[Recording]) -> dict[str, str]:
    """The component of each resource, by URN."""
    return {urn: name for each in recordings for urn, name in _owners(each).items()}


def _state(changes: Sequence[ObjectChange], present: bool, former: bool, restarted: set[str]) -> str:
    if former and not present:
        return "removed"
    if present and not former:
        return "added"
    if any(
        each.op == "replace" and each.urn.kind in ("StatefulSet", "PersistentVolumeClaim") for each in changes
    ):
        return "replaced"
    if any(each.urn.is_on_aws and each.op == "replace" for each in changes):
        return "replaced"
    if any(each.urn.name in restarted and each.op != "create" for each in changes):
        return "restarted"
    return "changed" if changes else "unchanged"


def _kinds(recording: Recording) -> dict[str, str]:
    return {
        each["name"]: each["type"].rpartition(":")[2] for each in recording.resources if not each["custom"]
    }


def _owners(recording: Recording) -> dict[str, str]:
    """The component of each resource: the nearest one above it, or its own workload in Datastores."""
    above = {each["urn"]: each for each in recording.resources}
    found: dict[str, str] = {}
    for each in recording.resources:
        if each["custom"] and each["type"].startswith(("kubernetes:", "aws:")):
            parent = above.get(each["parent"])
            while parent is not None and parent["custom"]:
                parent = above.get(parent["parent"])
            found[each["urn"]] = _name(each, parent, recording)
    return found


def _name(each: Mapping[str, object], parent: Mapping[str, object] | None, recording: Recording) -> str:
    if parent is None:
        return _OF_STACK
    if str(parent["type"]).endswith(":Datastores"):
        servers = _servers(recording)
        first = next((name for name in servers if str(each["name"]).startswith(name)), None)
        return first or str(parent["name"])
    return str(parent["name"])


def _servers(recording: Recording) -> list[str]:
    """Names of the servers of datastores, the longest first."""
    names = {
        str(each["name"])
        for each in recording.resources
        if each["custom"]
        and each["type"].rpartition(":")[2] in _WORKLOADS
        and "openedx:index:Datastores$" in each["urn"]
    }
    return sorted(names, key=lambda name: (-len(name), name))


def _waits(recording: Recording, owner: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for each in recording.resources:
        name = owner.get(each["urn"])
        for urn in each["depends_on"]:
            other = owner.get(urn)
            if name and other and other != name:
                found.setdefault(name, {})[other] = None
    return {name: tuple(others) for name, others in found.items()}
