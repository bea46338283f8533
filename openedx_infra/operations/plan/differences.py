"""Differences between two values made of maps, lists and plain values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal


class _Absent(Enum):
    """What stands where one of the two has no value; None is a value."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "not set"


ABSENT: Final = _Absent.ABSENT
Absent = Literal[_Absent.ABSENT]

MASKED = "[masked]"
"""What is shown of a value whose name is that of a secret."""

_SECRET_NAME = re.compile(
    r"(^|[_.-])(password|passwd|secret|secrets|token|tokens|credentials?|dsn|(api|private|secret|access)_?key)$",
    re.IGNORECASE,
)
"""Names of values that may be secret though they are no secrets of the stack. Whole words at the end: not
PASSWORD_RESET_IP_RATE."""

_LONGEST = 80
"""Characters of a value that are shown."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One value that differs."""

    path: tuple[str, ...]
    before: Any
    now: Any

    @property
    def name(self) -> str:
        """The keys on the way to it, joined by dots."""
        return ".".join(self.path)

    @property
    def is_secret(self) -> bool:
        """Whether a name on the way to it is that of a secret."""
        texts = (value for value in (self.before, self.now) if isinstance(value, str | list | dict))
        return any(texts) and any(_SECRET_NAME.search(key) for key in self.path)

    def as_json(self) -> dict[str, Any]:
        """Its values for machines: `before` is missing where it was not set, `now` where it no longer is."""
        values = {"before": self.before, "now": self.now}
        return {
            name: MASKED if self.is_secret else value for name, value in values.items() if value is not ABSENT
        }

    def __str__(self) -> str:
        if self.is_secret:
            return f"{_masked(self.before)} → {_masked(self.now)}"
        if isinstance(self.before, list) and isinstance(self.now, list):
            return _of_lists(self.before, self.now)
        return f"{text(self.before)} → {text(self.now)}"


def differences(before: Any, now: Any, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    """All values that differ, in the order of their keys. Lists are compared as wholes."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys([*before, *now]):
            yield from differences(before.get(key, ABSENT), now.get(key, ABSENT), (*path, str(key)))
    elif before is ABSENT and isinstance(now, Mapping) and now:
        yield from differences({}, now, path)
    elif now is ABSENT and isinstance(before, Mapping) and before:
        yield from differences(before, {}, path)
    elif before != now or _type(before) is not _type(now):
        yield Difference(path=path, before=before, now=now)


def text(value: Any) -> str:
    """A value as a stack file would have it, cut after some 80 characters."""
    if value is ABSENT:
        return "not set"
    plain = isinstance(value, str) and value and value.strip() == value and "\n" not in value
    whole = value if plain else json.dumps(value, ensure_ascii=False, default=str)
    return whole if len(whole) <= _LONGEST else f"{whole[: _LONGEST - 1]}…"


def _type(value: Any) -> type:
    """The type, where true is no 1; a whole number is the same with a point or without."""
    return bool if isinstance(value, bool) else float if isinstance(value, int | float) else type(value)


def _masked(value: Any) -> str:
    return "not set" if value is ABSENT else MASKED


def _of_lists(before: Sequence[Any], now: Sequence[Any]) -> str:
    added = [f"+ {text(each)}" for each in now if each not in before]
    removed = [f"- {text(each)}" for each in before if each not in now]
    return ", ".join([*removed, *added]) or "in another order"
