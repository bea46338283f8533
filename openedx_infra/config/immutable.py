"""Which keys can't change once an instance exists? Their values, and what to say when one changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from openedx_infra.config.base_stack import BaseStack
from openedx_infra.config.errors.key_paths import Location, key_of
from openedx_infra.config.errors.messages import said
from openedx_infra.config.types.base import Section

IMMUTABLE_OUTPUT = "immutable"
"""Name of the stack output that remembers with which of these values the instance was made."""

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
    settled = {key_of(location): value for location, value in stack.settled.items()}
    return {**dict(_values(stack, ())), **settled}


def immutable_changes(
    before: Mapping[str, Any], stack: BaseStack, moved_before: Collection[str] = ()
) -> list[str]:
    """One line for each immutable key whose value was another one in `before`, the `immutable_values` of old.

    Keys that either side lacks are let pass: a newer program may know more of them. So are, once, those of a
    datastore that the stack says was moved: one among `moved_before`, of the last `up`, has had its turn.
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
        again = f"write {said(before[key])} again"
        if store is None or stack.moved is None:
            remedy = _of_the_rest(key, again)
        else:
            remedy = _of_datastore(store, again, movable, used_up=named)
        lines.append(
            f"{key}: {said(now[key])} was {said(before[key])} when the {stack.kind} was made, {remedy}"
        )
    return lines


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
        return (
            f"and what holds the data can't change so: {again}, or move the data to another source ({_GUIDE})"
        )
    if used_up:
        return (
            f"and {_MOVED} names {store} since an earlier move: {again}, or take {store} out there, run "
            "`up`, move the data, and then say both"
        )
    return f"and its data is there: {again}, or move the data ({_GUIDE}), then say `{_MOVED}: [{store}]`"


def _values(section: Section, location: Location) -> Iterator[tuple[str, Any]]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        extra = field.json_schema_extra
        if isinstance(extra, Mapping) and extra.get("immutable"):
            yield key_of((*location, name)), value.model_dump() if isinstance(value, Section) else value
        elif isinstance(value, Section):
            yield from _values(value, (*location, name))
