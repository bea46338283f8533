"""Which keys can't change once an instance exists? Their values, and what to say when one changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openedx_infra.config.base import Section
from openedx_infra.config.described import Described
from openedx_infra.config.places import Location, key_of
from openedx_infra.config.wording import said

IMMUTABLE_OUTPUT = "immutable"
"""Name of the stack output that remembers with which of these values the instance was made."""


def immutable_values(stack: Described) -> dict[str, Any]:
    """The values of all immutable keys, by key, such as `openedx:site.lms_host`. No secret is among them."""
    settled = {key_of(location): value for location, value in stack.settled.items()}
    return {**dict(_values(stack, ())), **settled}


def immutable_changes(before: Mapping[str, Any], stack: Described) -> list[str]:
    """One line for each immutable key whose value was another one in `before`, the `immutable_values` of old.

    Keys that either side lacks are let pass: a newer program may know more of them.
    """
    return [
        f"{key}: {said(now)} was {said(before[key])} when the {stack.kind} was made, and can't change under "
        "its data: "
        f"write {said(before[key])} again"
        for key, now in immutable_values(stack).items()
        if key in before and before[key] != now
    ]


def _values(section: Section, location: Location) -> Iterator[tuple[str, Any]]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        extra = field.json_schema_extra
        if isinstance(extra, Mapping) and extra.get("immutable"):
            yield key_of((*location, name)), value
        elif isinstance(value, Section):
            yield from _values(value, (*location, name))
