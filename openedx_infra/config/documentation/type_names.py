"""Names of the models' types, as the reference shows them."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo

from openedx_infra.config.types.base import Section
from openedx_infra.config.types.patterns import Pattern

_SIMPLE = {bool: "`true` or `false`", int: "whole number", str: "text", Any: "anything"}


def anchor(section: type[Section]) -> str:
    """The anchor of a section's table in the reference."""
    return section.__name__.lower()


def type_in_words(annotation: Any, metadata: tuple[Any, ...] = ()) -> str:
    """The type that an annotation means, such as `whole number from 1 to 200` or `list of host name`."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return type_in_words(inner, (*more, *metadata))
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return f"[{annotation.__name__}](#{anchor(annotation)})"
    if origin is Literal:
        return " or ".join(f"`{choice}`" for choice in arguments)
    if origin is tuple:
        return f"list of {type_in_words(arguments[0])}"
    if origin is dict:
        return f"map from {type_in_words(arguments[0])} to {type_in_words(arguments[1])}"
    if origin:
        members = [member for member in arguments if member is not NoneType]
        return " or ".join(type_in_words(member, metadata) for member in members)
    return _named(metadata) or _SIMPLE[annotation] + _bounds(metadata)


def _named(metadata: tuple[Any, ...]) -> str:
    """The name of the last mark, which has the narrowest rule."""
    for mark in reversed(metadata):
        if isinstance(mark, Pattern):
            return mark.noun
        extra = getattr(mark, "json_schema_extra", None)
        if isinstance(extra, Mapping) and "enum" in extra:
            return " or ".join(f"`{choice}`" for choice in extra["enum"])
    return ""


def _bounds(metadata: tuple[Any, ...]) -> str:
    low = high = None
    for mark in _flat(metadata):
        low = mark.ge if isinstance(mark, annotated_types.Ge) else low
        high = mark.le if isinstance(mark, annotated_types.Le) else high
    if low is not None and high is not None:
        return f" from {low} to {high}"
    return f" of at least {low}" if low is not None else ""


def _flat(metadata: tuple[Any, ...]) -> list[Any]:
    """Pydantic's Field in an annotation keeps its bounds one level deeper."""
    return [
        inner for mark in metadata for inner in (mark.metadata if isinstance(mark, FieldInfo) else (mark,))
    ]
