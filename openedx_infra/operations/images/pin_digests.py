"""Writes digests of images into a stack file in place: comments and form stay as they are."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from openedx_infra.config import PROJECT

KEY = f"{PROJECT}:images"
"""Key of the images in a stack file."""

_STYLES = ((2, 0), (4, 2))
"""How lists may be indented: `sequence` and `offset` of ruamel."""


def lines(pinned: Mapping[str, str]) -> list[str]:
    """What to write into a stack file, under `config:`."""
    return [f"  {KEY}:", *(f"    {name}: {reference}" for name, reference in pinned.items())]


def write(path: Path, pinned: Mapping[str, str]) -> None:
    """Write references of images into a stack file, or wholly leave it: it is replaced at once."""

    def pin(config: Any) -> None:
        images = config.setdefault(KEY, {})
        for name, reference in pinned.items():
            section = images.get(name)
            if isinstance(section, Mapping):
                images[name]["image"] = reference
            else:
                images[name] = reference

    edit(path, pin)


def edit(path: Path, change: Callable[[Any], object]) -> None:
    """Change what stands under `config:` of a stack file, or wholly leave it: it is replaced at once."""
    text = path.read_text(encoding="utf-8")
    yaml = _editor(text)
    content = yaml.load(text) or {}
    change(content.setdefault("config", {}))
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(_dumped(yaml, content), encoding="utf-8")
    fresh.chmod(path.stat().st_mode)
    fresh.replace(path)


def _editor(text: str) -> YAML:
    """A reader and writer that leaves a text as it is, as far as there is one."""
    editors = [_styled(*style) for style in _STYLES]
    same = (editor for editor in editors if _dumped(editor, editor.load(text)) == text)
    return next(same, editors[0])


def _styled(sequence: int, offset: int) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=sequence, offset=offset)
    return yaml


def _dumped(yaml: YAML, content: Any) -> str:
    out = io.StringIO()
    yaml.dump(content, out)
    return out.getvalue()
