"""Paths to keys: from pydantic's path through the models to the key as a stack file has it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from openedx_infra.config.types.base import Section
from openedx_infra.config.types.descriptions import descriptions

Location = tuple[int | str, ...]
"""A path into a stack file's keys: keys of maps and indexes of lists."""

UNION_KEY = "source"
"""The key that chooses the branch wherever a section comes in several kinds."""

_KEY_FAULT = "[key]"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_IN_BRACKETS = r'\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]'
_FIRST = re.compile(rf"([A-Za-z_][A-Za-z0-9_-]*)|{_IN_BRACKETS}")
_NEXT = re.compile(rf"\.([A-Za-z_][A-Za-z0-9_-]*)|{_IN_BRACKETS}")


def key_of(location: Sequence[int | str]) -> str:
    """The key at a location as `pulumi config --path` takes it: `openedx:site.lms_host`,
    `openedx:overrides[0].kind`."""
    text = ""
    for index, part in enumerate(location):
        if isinstance(part, int) and index:
            text += f"[{part}]"
        elif index == 0 or _PLAIN.fullmatch(str(part)):
            text += f".{part}"
        else:
            text += f"[{json.dumps(str(part), ensure_ascii=False)}]"
    return f"openedx:{text.lstrip('.')}"


def location_of(key: str) -> Location:
    """The location of a key as `key_of` writes it; `openedx:` may be left out.

    Raises ValueError, with the rule, for what is no such key.
    """
    text = key.removeprefix("openedx:")
    location: list[int | str] = []
    while text:
        match = (_FIRST if not location else _NEXT).match(text)
        if match is None:
            break
        plain, index, quoted = match.groups()
        location.append(int(index) if index else json.loads(quoted) if quoted else plain)
        text = text[match.end() :]
    if text or not location:
        rule = 'names with dots between them, such as site.lms_host, overrides[0].kind or mfes["a b"]'
        raise ValueError(f"{json.dumps(key, ensure_ascii=False)} is no key: write {rule}")
    return tuple(location)


def branches(annotation: Any) -> dict[str, type[Section]]:
    """The sections that an annotation allows, by the `source` that chooses each; empty if there is no
    choice."""
    members = list(sections(annotation))
    if len(members) < 2:
        return {}
    return {tag: branch for branch in members for tag in get_args(branch.model_fields[UNION_KEY].annotation)}


def sections(annotation: Any) -> Iterator[type[Section]]:
    """The sections that an annotation allows: one, several in a union, or none."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    elif get_origin(annotation) is Annotated:
        yield from sections(get_args(annotation)[0])
    elif not isinstance(annotation, type) and get_origin(annotation) not in (dict, tuple):
        for member in get_args(annotation):
            yield from sections(member)


@dataclass(frozen=True)
class Place:
    """A place in the stack file, and what the models know of it."""

    location: Location
    annotation: Any
    """The model's annotation of the value."""
    is_name: bool
    """Whether the fault is in the last key itself rather than in what it holds."""
    meaning: str
    """First sentence of the key's documentation; empty for names that the operator chose."""

    @property
    def key(self) -> str:
        """The key as an operator writes it."""
        return key_of(self.location)

    @property
    def known(self) -> list[str]:
        """Keys that are allowed under this place."""
        return sorted({name for section in sections(self.annotation) for name in section.model_fields})


def place(model: type[Section], path: Sequence[int | str]) -> Place:
    """The place of pydantic's `path`, without the parts that pydantic adds (branches of unions, `[key]`)."""
    here: Any = model
    meaning = ""
    location: list[int | str] = []
    for part in path:
        if part == _KEY_FAULT:
            return Place(tuple(location), here, True, meaning)
        if part in (choice := branches(here)):
            here = choice[str(part)]
            continue
        meaning = _meaning(here, part)
        here = _within(here, part)
        location.append(part)
    return Place(tuple(location), here, False, meaning)


def _meaning(annotation: Any, part: int | str) -> str:
    for section in sections(annotation):
        if part in section.model_fields:
            return first_sentence(descriptions(section).get(str(part), ""))
    return ""


def first_sentence(text: str) -> str:
    """The first sentence of a documentation text, on one line."""
    return " ".join(re.split(r"(?<=[.])\s", text.strip(), maxsplit=1)[0].split())


def _within(annotation: Any, part: int | str) -> Any:
    """The annotation of the value at `part` of an annotated value."""
    for section in sections(annotation):
        field = section.model_fields.get(str(part))
        if field:
            return field.annotation
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _within(arguments[0], part)
    if origin in (dict, Mapping):
        return arguments[1]
    if origin is tuple:
        return arguments[0]
    for member in arguments if origin else ():
        if member is not NoneType and get_origin(member) in (dict, tuple, Annotated):
            return _within(member, part)
    return Any
