"""The effective value of a key of a stack file, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

from openedx_infra.config import PROJECT, SECRETS_KEY, BaseStack, Stack
from openedx_infra.config.errors.key_paths import Location, key_of, place
from openedx_infra.config.load import PLACEHOLDER
from openedx_infra.config.sizing.profiles import profile
from openedx_infra.config.types.base import Section
from openedx_infra.config.types.descriptions import descriptions
from openedx_infra.operations.configuration import lines
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.releases import IMAGE_NAMES

MASKED = "[secret]"
"""What stands for the value of a secret."""

_ABSENT = object()


@dataclass(frozen=True, kw_only=True)
class Effective:
    """A value without others in it, and where it comes from."""

    location: Location
    value: Any
    origin: str
    """Such as `Pulumi.campus.yaml, line 7`, `profile medium` or `default`."""

    @property
    def key(self) -> str:
        """The key as a stack file has it."""
        return key_of(self.location)


def effective(file: StackFile, stack: BaseStack, location: Location) -> list[Effective]:
    """All values at and under a location, in the order of the models; secrets are masked.

    An empty map or list is a value of its own. Raises OperationError for a key that there isn't.
    """
    if location[:1] == (SECRETS_KEY,):
        return _secrets(file, location)
    value = _value(stack, location)
    where = _Origins(file, stack)
    return [
        Effective(location=each, value=_written(file, stack, each, leaf), origin=where.of(each, leaf))
        for each, leaf in _leaves(value, location)
    ]


def documentation(stack: BaseStack, location: Location) -> str:
    """What the reference says about a key; empty for names that the operator chose."""
    section = _value(stack, location[:-1])
    if not isinstance(section, Section):
        return ""
    return descriptions(type(section)).get(str(location[-1]), "")


class _Origins:
    """Where values come from."""

    def __init__(self, file: StackFile, stack: BaseStack) -> None:
        self._file = file
        self._stack = stack
        self._lines = lines.of(file.path)
        self._sizes: Mapping[str, Any] = {}
        if isinstance(stack, Stack):
            self._sizes = profile(stack.sizing.profile)["sizes"]

    def of(self, location: Location, value: Any) -> str:
        """Where the value at a location comes from."""
        if _inside(self._file.values, location) is not _ABSENT:
            line = self._lines(f"{PROJECT}:{location[0]}", location[1:])
            return f"{self._file.path.name}, line {line}" if line else self._file.path.name
        stack = self._stack
        sized = location[0] == "sizing" and len(location) > 1
        if sized and isinstance(stack, Stack) and _inside(self._sizes, location[1:]) is not _ABSENT:
            return f"profile {stack.sizing.profile}"
        if location in stack.derived_defaults:
            return "default, from the stack's name"
        if isinstance(stack, Stack) and _is_of_release(stack, location, value):
            return f"release {stack.release}"
        return "default"


def _value(stack: BaseStack, location: Location) -> Any:
    """The value at a location. Raises OperationError when there is no such key."""
    value: Any = stack
    for depth, part in enumerate(location):
        inner = _part(value, part)
        if inner is _ABSENT:
            raise OperationError(
                f"{key_of(location[: depth + 1])} is not set, and there is no such key with a default.",
                remedy=_known(stack, location[:depth], value, str(part)),
            )
        value = inner
    return value


def _part(value: Any, part: int | str) -> Any:
    if isinstance(value, BaseModel):
        return getattr(value, str(part)) if part in type(value).model_fields else _ABSENT
    if isinstance(value, Mapping):
        return value.get(part, _ABSENT)
    if isinstance(value, list | tuple) and isinstance(part, int):
        return value[part] if part < len(value) else _ABSENT
    return _ABSENT


def _known(stack: BaseStack, location: Location, value: Any, part: str) -> str:
    keys = list(type(value).model_fields) if isinstance(value, BaseModel) else []
    if isinstance(value, Mapping):
        keys = [str(key) for key in value]
    if not keys:
        keys = place(type(stack), location).known
    near = get_close_matches(part, keys, n=1)
    listed = f"there are {', '.join(keys)}" if keys else f"{key_of(location)} has nothing under it"
    return f"did you mean `{near[0]}`? {listed}" if near else listed


def _leaves(value: Any, location: Location) -> Iterator[tuple[Location, Any]]:
    inner = list(_parts(value))
    for part, each in inner:
        yield from _leaves(each, (*location, part))
    if not inner:
        plain = {} if isinstance(value, BaseModel | Mapping) else value
        yield location, [] if plain == () else plain


def _parts(value: Any) -> Iterator[tuple[int | str, Any]]:
    if isinstance(value, BaseModel):
        yield from ((name, getattr(value, name)) for name in type(value).model_fields)
    elif isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list | tuple):
        yield from enumerate(value)


def _inside(value: Any, location: Sequence[int | str]) -> Any:
    """The value at a location of plain maps and lists, or `_ABSENT`."""
    for part in location:
        listed = isinstance(value, list | tuple) and isinstance(part, int) and part < len(value)
        if not (listed or (isinstance(value, Mapping) and part in value)):
            return _ABSENT
        value = value[part]
    return value


def _is_of_release(stack: Stack, location: Location, value: Any) -> bool:
    return value is None and location[0] == "images" and location[-1] in stack.image_names


def _written(file: StackFile, stack: BaseStack, location: Location, value: Any) -> Any:
    """The value at a location: what is undecided as the file has it, what is left open as it is computed."""
    raw = _inside(file.values, location)
    if isinstance(raw, str) and PLACEHOLDER in raw:
        return raw
    if value is None and location in stack.derived_defaults:
        return stack.derived_defaults[location]
    if isinstance(stack, Stack) and location[:1] == ("images",) and _is_of_release(stack, location, value):
        return next(stack.image(name) for name in IMAGE_NAMES if name == location[-1])
    return value


def _secrets(file: StackFile, location: Location) -> list[Effective]:
    names = [str(name) for name in file.secrets if location[1:] in ((), (name,))]
    if location[1:] and not names:
        raise OperationError(
            f"{key_of(location)} is not in {file.path.name}.",
            remedy=f"`openedx-infra secrets list --stack {file.name}` shows which the stack needs and has",
        )
    where = lines.of(file.path)
    return [
        Effective(
            location=(SECRETS_KEY, name),
            value=MASKED,
            origin=f"{file.path.name}, line {where(f'{PROJECT}:{SECRETS_KEY}', (name,))}",
        )
        for name in names
    ]


def nested(values: Sequence[Effective], below: Location) -> Any:
    """Values as the maps and lists that they are in, from a location on."""
    if len(values) == 1 and values[0].location == below:
        return values[0].value
    parts: dict[int | str, list[Effective]] = {}
    for each in values:
        parts.setdefault(each.location[len(below)], []).append(each)
    inner = {part: nested(group, (*below, part)) for part, group in parts.items()}
    return list(inner.values()) if all(isinstance(part, int) for part in inner) and inner else inner
