"""Keys that can't change once an instance exists: their values, and the message when one changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from openedx_infra.config.base_stack import BaseStack
from openedx_infra.config.errors.key_paths import Location, key_of
from openedx_infra.config.errors.messages import written
from openedx_infra.config.types.base import Section

IMMUTABLE_OUTPUT = "immutable"
"""Name of the stack output that holds the values with which the instance was created."""

_GUIDE = 'docs/datastores.md, "Moving from one source to another"'
_OF_DATASTORES = "openedx:datastores."
_MOVED = f"{_OF_DATASTORES}moved"
_STORAGE_CLASS = "openedx:cluster.storage_class"
_NAMESPACE = "openedx:cluster.namespace"
_HOSTS = "openedx:site."
VOLUMES = "volumes"
"""The holder of `openedx:cluster.storage_class`: all volumes."""
_NAMES = frozenset(
    {"host", "srv", "database", "user", "history_database", "history_host", "endpoint", "buckets"}
)
"""Keys that say where data is: for another name, nothing that holds data has to be replaced."""


def immutable_values(stack: BaseStack) -> dict[str, Any]:
    """The values of all immutable keys, by key, such as `openedx:site.lms_host`. No secret is among them."""
    derived = {key_of(location): value for location, value in stack.derived_defaults.items()}
    return {**dict(_values(stack, ())), **derived}


def immutable_changes(
    before: Mapping[str, Any],
    stack: BaseStack,
    moved_before: Collection[str] = (),
    empty: Collection[str] = (),
) -> list[str]:
    """One line for each immutable key whose value differs from `before`, the earlier `immutable_values`.

    Keys that either side lacks are ignored: a newer program may know more of them. So are, once, those of a
    datastore that the stack lists as moved: one that is in `moved_before`, of the last `up`, has been used.
    So are those of a holder in `empty`: where nothing is stored yet, nothing is lost.
    """
    now = immutable_values(stack)
    changed = _changed_keys(before, now)
    lines = []
    for key in changed:
        store = _datastore(key)
        movable = f"{_OF_DATASTORES}{store}.source" in changed or key.rpartition(".")[2] in _NAMES
        named = store in (stack.moved or ())
        if holder_of(key) in empty or (movable and named and store not in moved_before):
            continue
        again = "remove it" if before[key] is None else f"write {written(before[key])} again"
        if store is None or stack.moved is None:
            remedy = _of_the_rest(key, again)
        else:
            remedy = _of_datastore(store, again, movable, used_up=named)
        lines.append(f"{key}: {_changed(before[key], now[key], stack.kind)}, {remedy}")
    return lines


def changed_holders(before: Mapping[str, Any], stack: BaseStack) -> set[str]:
    """Who holds what the changed keys say, as `holder_of` names them."""
    return {holder_of(key) for key in _changed_keys(before, immutable_values(stack))}


def holder_of(key: str) -> str:
    """What must not hold data yet where an immutable key is to change.

    The name of a datastore; `site`, whose hosts are in the database; `volumes`, for their StorageClass; or
    another section of the stack file, such as `aws`.
    """
    if key == _STORAGE_CLASS:
        return VOLUMES
    return _datastore(key) or key.partition(":")[2].partition(".")[0]


def _changed_keys(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return [key for key in now if key in before and before[key] != now[key]]


def _changed(before: Any, now: Any, kind: str) -> str:
    was = "was not set" if before is None else f"was {written(before)}"
    change = "removed" if now is None else f"set to {written(now)}" if before is None else None
    return f"{was} when the {kind} was created and cannot be {change or f'changed to {written(now)}'}"


def _datastore(key: str) -> str | None:
    """The datastore that a key is part of, by its name; None for all other keys."""
    name = key.removeprefix(_OF_DATASTORES).partition(".")[0]
    return name if key.startswith(_OF_DATASTORES) else None


def _of_the_rest(key: str, again: str) -> str:
    """What to do about a changed key that is no datastore's."""
    if key == _STORAGE_CLASS:
        return f"as bound volumes keep their class: {again}, or move the data to another source ({_GUIDE})"
    if key.startswith(_HOSTS):
        return (
            f"as databases and bookmarks hold it: {again}. No operation changes the host of an instance that "
            "is set up yet; it will have to rewrite addresses in the databases and lead visitors on from the "
            "old host"
        )
    if key == _NAMESPACE:
        return f"as its volumes are there: {again}. No operation moves an instance to another namespace yet"
    return f"as data depends on it: {again}. No operation changes it yet"


def _of_datastore(store: str, again: str, movable: bool, *, used_up: bool) -> str:
    """What to do about a changed key of a datastore."""
    if not movable:
        return f"as its servers and volumes keep it: {again}, or move the data to another source ({_GUIDE})"
    if used_up:
        return (
            f"as {_MOVED} names {store} since an earlier move: {again}, or take {store} out there, run "
            "`up`, move the data, and then set both"
        )
    return f"as its data is there: {again}, or move the data ({_GUIDE}), then set `{_MOVED}: [{store}]`"


def _values(section: Section, location: Location) -> Iterator[tuple[str, Any]]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        extra = field.json_schema_extra
        if isinstance(extra, Mapping) and extra.get("immutable"):
            yield key_of((*location, name)), value.model_dump() if isinstance(value, Section) else value
        elif isinstance(value, Section):
            yield from _values(value, (*location, name))
