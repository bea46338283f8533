"""Which objects of the state are missing in the cluster, by a look at metadata alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from openedx_infra.operations.drift.expected import Expected
from openedx_infra.operations.drift.reader import Kind, Object, Reader


@dataclass(frozen=True, kw_only=True)
class Presence:
    """What of the state the cluster has not, or not for long."""

    missing: Sequence[Expected] = ()
    leaving: Sequence[Expected] = ()
    """Still there, but being deleted."""
    unreadable: Sequence[Kind] = ()
    """Kinds that the user may not read: of those nothing is known."""

    @property
    def gone(self) -> Sequence[Expected]:
        """What is missing, or will be."""
        return [*self.missing, *self.leaving]

    @property
    def lost(self) -> Sequence[Expected]:
        """What is gone with its data."""
        return [each for each in self.gone if each.holds_data]


def look(api: Reader, objects: Sequence[Expected]) -> Presence:
    """Ask the cluster for all objects: a request for each kind, and one for each version of an API."""
    real = [each for each in objects if not each.is_patch]
    return compared(real, api.read(by_kind(real), metadata=True))


def by_kind(objects: Iterable[Expected]) -> dict[Kind, list[str]]:
    """Names of objects by their kind and namespace."""
    names: dict[Kind, list[str]] = {}
    for each in objects:
        names.setdefault(each.where, []).append(each.name)
    return names


def compared(objects: Iterable[Expected], live: Mapping[Kind, Mapping[str, Object] | None]) -> Presence:
    """Which objects are not among those that the cluster has, by kind and name.

    With a namespace goes all that is in it, though its controller marks one kind after the other.
    """
    objects, missing, leaving = list(objects), [], []
    namespaces = {each.name for each in objects if each.kind == "Namespace" and _is_leaving(each, live)}
    for each in objects:
        answer = live[each.where]
        if answer is None:
            continue
        if each.name not in answer:
            missing.append(each)
        elif each.namespace in namespaces or _is_leaving(each, live):
            leaving.append(each)
    unreadable = [kind for kind, answer in live.items() if answer is None]
    return Presence(missing=missing, leaving=leaving, unreadable=unreadable)


def _is_leaving(each: Expected, live: Mapping[Kind, Mapping[str, Object] | None]) -> bool:
    found = (live[each.where] or {}).get(each.name)
    return bool(found and found["metadata"].get("deletionTimestamp"))
