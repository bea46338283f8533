"""Line numbers of keys in a stack file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

Lines = Callable[[str, Sequence[int | str]], int | None]
"""The line, counted from 1, of what is at a path under a key of `config:`; None where it has none."""


def of(path: Path) -> Lines:
    """Line numbers of a stack file, which is valid YAML."""
    content = YAML().load(path.read_text(encoding="utf-8")) or {}

    def line(key: str, path: Sequence[int | str]) -> int | None:
        value: Any = content
        number = None
        for part in ("config", key, *path):
            number = _line(value, part)
            if number is None:
                return None
            value = value[part]
        return number

    return line


def _line(value: Any, part: int | str) -> int | None:
    """The line of one key of a map, or of one item of a list."""
    try:
        at = value.lc.item(part) if isinstance(part, int) else value.lc.key(part)
    except (AttributeError, KeyError, TypeError, IndexError):
        return None  # what came by an anchor has no line of its own
    return int(at[0]) + 1
