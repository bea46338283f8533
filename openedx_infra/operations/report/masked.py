"""Masks secrets in a model, before a form escapes them and makes them another text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from openedx_infra.operations.support.masking import Mask

T = TypeVar("T")


def masked(model: T, mask: Mask) -> T:
    """A dataclass with each text in it masked, in what it holds, too."""
    result: T = _masked(model, mask)
    return result


def _masked(value: Any, mask: Mask) -> Any:
    if isinstance(value, str) and type(value) is str:
        return mask(value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{each.name: _masked(getattr(value, each.name), mask) for each in fields(value)}
        )
    if isinstance(value, Mapping):
        return {_masked(key, mask): _masked(inner, mask) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_masked(inner, mask) for inner in value)
    return value
