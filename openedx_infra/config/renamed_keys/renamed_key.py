"""A renamed key: its former and its new path, since when, and how its value changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ANY = "*"
"""Part of a path that stands for any name, or any item of a list. The new path has as many as the former."""


def unchanged(value: Any) -> Any:
    """The same value."""
    return value


@dataclass(frozen=True, kw_only=True)
class RenamedKey:
    """One row of the table of renamed keys."""

    old: tuple[str, ...]
    """Former path, such as `("site", "tls", "cluster_issuer")`."""
    new: tuple[str, ...]
    """The path that takes its place."""
    since: tuple[int, int]
    """The minor version of this program that renamed it."""
    value: Callable[[Any], Any] = unchanged
    """The new key's value for a value of the former key. Maps that it makes are plain dicts."""
    how: str = ""
    """How the value changes, as words after "as"; empty where it doesn't."""
    kind: str = "instance"
    """Kind of the stacks that have the key."""

    @property
    def ends(self) -> tuple[int, int]:
        """The minor version that refuses the former key."""
        major, minor = self.since
        return major, minor + 1
