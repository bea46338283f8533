"""Properties between engine and plugin as plain Python, secrets and unknowns marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

_MARK = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands, in previews, for what only creation will tell. This and the marks are Pulumi's
(sdk/python/lib/pulumi/runtime/rpc.py)."""

Path = Sequence[str | int]


def read(struct: Struct) -> dict[str, Any]:
    """Properties as they came, marks included."""
    return {name: _value(value) for name, value in struct.fields.items()}


def write(properties: Mapping[str, Any]) -> Struct:
    """Properties to be sent."""
    struct = Struct()
    struct.update(dict(properties))
    return struct


def plain(value: Any) -> Any:
    """A value without the marks of secrets."""
    if _is_secret(value):
        return plain(value["value"])
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def secret_paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Path]:
    """Where secrets are in a value."""
    if _is_secret(value):
        yield path
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from secret_paths(each, (*path, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from secret_paths(each, (*path, index))


def sealed(value: Any, paths: Sequence[Path]) -> Any:
    """A plain value with what is at these paths marked as secret."""
    if any(not path for path in paths):
        return {_MARK: _SECRET, "value": value}
    if isinstance(value, Mapping):
        return {name: sealed(each, _under(name, paths)) for name, each in value.items()}
    if isinstance(value, list):
        return [sealed(each, _under(index, paths)) for index, each in enumerate(value)]
    return value


def _under(step: str | int, paths: Sequence[Path]) -> list[Path]:
    return [path[1:] for path in paths if path[0] == step]


def _is_secret(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get(_MARK) == _SECRET


def _value(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return read(value.struct_value)
    if kind == "list_value":
        return [_value(each) for each in value.list_value.values]
    return None if kind in (None, "null_value") else getattr(value, kind)
