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
_NAMES = frozenset(
    {"host", "srv", "database", "user", "history_database", "history_host", "endpoint", "buckets"}
)
"""Keys that say where data is: for another name, nothing that holds data has to be replaced."""


def immutable_values(stack: BaseStack) -> dict[str, Any]:
    """The values of all immutable keys, by key, such as `openedx:site.lms_host`. No secret is among them."""
    derived = {key_of(location): value for location, value in stack.derived_defaults.items()}
    return {**dict(_values(stack, ())), **derived}


def immutable_changes(
    before: Mapping[str, Any], stack: BaseStack, moved_before: Collection[str] = ()
) -> list[str]:
    """One line for each immutable key whose value differs from `before`, the earlier `immutable_values`.

    Keys that either side lacks are ignored: a newer program may know more of them. So are, once, those of a
    datastore that the stack lists as moved: one that is in `moved_before`, of the last `up`, has been used.
    """
    now = immutable_values(stack)
    changed = [key for key in now if key in before and before[key] != now[key]]
    lines = []
    for key in changed:
        store = _datastore(key)
        movable = f"{_OF_DATASTORES}{store}.source" in changed or key.rpartition(".")[2] in _NAMES
        named = store in (stack.moved or ())
        if movable and named and store not in moved_before:
            continue
        again = "remove it" if before[key] is None else f"write {written(before[key])} again"
        if store is None or stack.moved is None:
            remedy = _of_the_rest(key, again)
        else:
            remedy = _of_datastore(store, again, movable, used_up=named)
        lines.append(f"{key}: {_changed(before[key], now[key])} when the {stack.kind} was created, {remedy}")
    return lines


def _changed(before: Any, now: Any) -> str:
    value = "" if now is None else f"{written(now)} "
    return f"{value}was {'not set' if before is None else written(before)}"


def _datastore(key: str) -> str | None:
    """The datastore that a key is part of, by its name; None for all other keys."""
    name = key.removeprefix(_OF_DATASTORES).partition(".")[0]
    return name if key.startswith(_OF_DATASTORES) else None


def _of_the_rest(key: str, again: str) -> str:
    """What to do about a changed key that is no datastore's."""
    if key == _STORAGE_CLASS:
        return f"and volumes keep their class: {again}, or move the data to another source ({_GUIDE})"
    return f"and can't change under its data: {again}"


def _of_datastore(store: str, again: str, movable: bool, *, used_up: bool) -> str:
    """What to do about a changed key of a datastore."""
    if not movable:
        return f"and its servers can't change this: {again}, or move the data to another source ({_GUIDE})"
    if used_up:
        return (
            f"and {_MOVED} names {store} since an earlier move: {again}, or take {store} out there, run "
            "`up`, move the data, and then set both"
        )
    return f"and its data is there: {again}, or move the data ({_GUIDE}), then set `{_MOVED}: [{store}]`"


def _values(section: Section, location: Location) -> Iterator[tuple[str, Any]]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        extra = field.json_schema_extra
        if isinstance(extra, Mapping) and extra.get("immutable"):
            yield key_of((*location, name)), value.model_dump() if isinstance(value, Section) else value
        elif isinstance(value, Section):
            yield from _values(value, (*location, name))
