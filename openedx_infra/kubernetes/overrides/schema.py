"""Kubernetes' own schema, offline: which fields a patch of an object may set."""

from __future__ import annotations

import sys
import typing
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from openedx_infra.kubernetes.overrides.patches import DIRECTIVE, MERGE_KEYS, merge_key

_GROUPS = ("apps_v1", "autoscaling_v2", "batch_v1", "core_v1", "networking_v1", "policy_v1", "rbac_v1")
_SCALARS: Mapping[type, tuple[type, str]] = {
    str: (str, "text: put it in quotes"),
    int: (int, "a whole number"),
    bool: (bool, "true or false"),
}


def faults(kind: str, patch: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What Kubernetes would refuse in a patch of an object, by its path: unknown fields, wrong types, items
    of lists that nothing tells apart. Custom resources, whose schema is in the cluster, have none."""
    model = next((found for group in _GROUPS if (found := getattr(_module(group), kind, None))), None)
    if model is not None:
        yield from _map(model, patch, "patch")


def _module(group: str) -> Any:
    return import_module(f"lightkube.models.{group}")


def _map(model: Any, patch: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    hints = typing.get_type_hints(model, vars(sys.modules[model.__module__]))
    fields = dict(zip(model.__struct_encode_fields__, model.__struct_fields__, strict=True))
    for key, value in patch.items():
        if key == DIRECTIVE:
            continue
        if key not in fields:
            near = get_close_matches(str(key), fields, n=1)
            proposal = f"did you mean `{near[0]}`? It has" if near else "it has"
            yield (
                f"{path}.{key}",
                f"{model.__name__} has no such field; {proposal} {', '.join(sorted(fields))}",
            )
        elif value is not None:
            yield from _value(hints[fields[key]], str(key), value, f"{path}.{key}")


def _value(hint: Any, name: str, value: Any, path: str) -> Iterator[tuple[str, str]]:
    choices = [each for each in typing.get_args(hint) if each is not type(None)]
    if typing.get_origin(hint) is typing.Union:
        hint = choices[0] if len(choices) == 1 else Any
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hasattr(hint, "__struct_fields__"):
        if not isinstance(value, Mapping):
            yield path, "a map of fields belongs here"
        else:
            yield from _map(hint, value, path)
    elif origin is list:
        if not isinstance(value, list | tuple):
            yield path, "a list belongs here"
        else:
            yield from _list(inner[0], name, value, path)
    elif origin is dict:
        if not isinstance(value, Mapping):
            yield path, "a map of names and values belongs here"
    elif hint in _SCALARS:
        kind, words = _SCALARS[hint]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            yield path, f"{words} belongs here" if kind is not str else f"this field is {words}"


def _list(hint: Any, name: str, value: Sequence[Any], path: str) -> Iterator[tuple[str, str]]:
    for index, item in enumerate(value):
        if name in MERGE_KEYS and item != {DIRECTIVE: "replace"} and merge_key(name, item) is None:
            keys = " or ".join(f"`{key}`" for key in MERGE_KEYS[name])
            yield f"{path}[{index}]", f"{keys} is missing, which tells the item to patch"
        yield from _value(hint, name, item, f"{path}[{index}]")
