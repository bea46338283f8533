"""One thing that a cluster lacks: the key of the stack file, what was found, and the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Lack:
    """One thing that a stack needs and its cluster lacks."""

    key: str
    """Key of the stack file that needs it; for what every stack needs, the thing itself."""
    found: str
    """What was found instead, as the rest of a sentence."""
    remedy: str
    """What to do about it."""
    fatal: bool = True
    """Whether the stack surely can't be brought up. If not, it is a note."""

    def __str__(self) -> str:
        return f"{self.key}: {self.found}. {self.remedy}"


def listed(names: Iterable[str]) -> str:
    """Names in a sentence: `a, b and c`."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
