"""Writes digests of images into a stack file in place: comments and form stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openedx_infra.config import PROJECT
from openedx_infra.operations.stack_files.editing import edit

KEY = f"{PROJECT}:images"
"""Key of the images in a stack file."""


def lines(pinned: Mapping[str, str]) -> list[str]:
    """What to write into a stack file, under `config:`."""
    return [f"  {KEY}:", *(f"    {name}: {reference}" for name, reference in pinned.items())]


def write(path: Path, pinned: Mapping[str, str]) -> None:
    """Write references of images into a stack file, whole or not at all."""

    def pin(config: Any) -> None:
        images = config.setdefault(KEY, {})
        for name, reference in pinned.items():
            section = images.get(name)
            if isinstance(section, Mapping):
                images[name]["image"] = reference
            else:
                images[name] = reference

    edit(path, pin)
