"""Writes digests of images into a stack file in place: comments and form stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from openedx_infra.config import PROJECT
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.operations.stack_files.editing import edit


def lines(pinned: Mapping[Location, str]) -> list[str]:
    """What to write into a stack file, under `config:`."""
    content: dict[str, Any] = {}
    for location, reference in pinned.items():
        _put(content, location, reference)
    text = yaml.safe_dump(content, sort_keys=False, width=4096)
    return [f"  {line}" for line in text.splitlines()]


def write(path: Path, pinned: Mapping[Location, str]) -> None:
    """Write references of images into a stack file, whole or not at all."""

    def pin(config: Any) -> None:
        for location, reference in pinned.items():
            _put(config, location, reference)

    edit(path, pin)


def _put(config: Any, location: Location, reference: str) -> None:
    """Set a key to a reference; sections on the way to it that aren't there are made."""
    first, *way, key = location
    section = config
    for name in (f"{PROJECT}:{first}", *way):
        if section.get(name) is None:
            section[name] = {}
        section = section[name]
    if isinstance(section.get(key), Mapping):
        section[key]["image"] = reference
    else:
        section[key] = reference
