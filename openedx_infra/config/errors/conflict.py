"""Conflicts: two or more keys that are valid alone and impossible together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from openedx_infra.config.errors.key_paths import Location, key_of


@dataclass(frozen=True)
class Conflict:
    """One impossible combination."""

    location: Location
    """The key to change."""
    text: str
    """The value, the rule, and the remedy."""
    reads: tuple[Location, ...] = ()
    """The other places that the rule looks at."""
    undecided: bool = False
    """Whether, like a placeholder, it only prevents an instance from being created or changed."""

    @property
    def line(self) -> str:
        """The key and the explanation."""
        return f"{key_of(self.location)}: {self.text}"

    def concerns(self, faulty: Iterable[Location]) -> bool:
        """Whether one of the places that this rule looks at holds, or lies in, something faulty."""
        places = (self.location, *self.reads)
        return any(lies_in(place, [fault]) or lies_in(fault, [place]) for place in places for fault in faulty)


def lies_in(inner: Location, outer: Iterable[Location]) -> bool:
    """Whether a location is one of the others, or lies in one of them."""
    return any(inner[: len(location)] == location for location in outer)
