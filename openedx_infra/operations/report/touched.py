"""Which stacks a change touches: those that read one of its files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from openedx_infra.operations.stack_files.yaml_reader import YamlProblem, load

PROGRAM = (
    "__main__.py",
    "Pulumi.yaml",
    "pyproject.toml",
    "constraints.txt",
    "openedx_infra/",
    "stacks/",
    "images/",
    "policies/",
)
"""Files and folders of the program itself, which every stack reads."""

_ASIDE = ("openedx_infra/operations/", "openedx_infra/testing.py")
"""Parts of it that declare nothing."""


def touched(changed: Iterable[str], folder: Path, before: Path) -> dict[str, list[str]]:
    """The changed files that each stack reads, by the stack's name; stacks that read none are left out.

    `folder` and `before` are the checkouts after and before the change: a stack file may be in one only.
    """
    files = list(changed)
    found = {}
    for name in sorted({*_stacks(folder), *_stacks(before)}):
        reads = {*PROGRAM, *_reads(name, folder), *_reads(name, before)}
        if hits := [path for path in files if not path.startswith(_ASIDE) and _is_read(path, reads)]:
            found[name] = hits
    return found


def _stacks(folder: Path) -> Iterator[str]:
    for path in folder.glob("Pulumi.*.yaml"):
        yield path.name.removeprefix("Pulumi.").removesuffix(".yaml")


def _is_read(path: str, reads: Iterable[str]) -> bool:
    return any(path == each.rstrip("/") or path.startswith(f"{each.rstrip('/')}/") for each in reads)


def _reads(name: str, folder: Path) -> Iterator[str]:
    """A stack's own file, that of its foundation, and each file and folder of the checkout that it names."""
    path = folder / f"Pulumi.{name}.yaml"
    yield path.name
    try:
        content = load(path)
    except (OSError, YamlProblem, yaml.YAMLError):
        return
    config = content.get("config") if isinstance(content, Mapping) else None
    if not isinstance(config, Mapping):
        return
    if isinstance(foundation := config.get("openedx:foundation"), str):
        yield f"Pulumi.{foundation.rpartition('/')[2]}.yaml"
    for text in _texts(config):
        if place := _inside(text, folder):
            yield place


def _inside(text: str, folder: Path) -> str | None:
    """The path within the folder that a text names; None where it names none."""
    if not text or len(text) > 500 or "\n" in text or "\0" in text:
        return None
    try:
        path = (folder / text).resolve()
        place = path.relative_to(folder.resolve()).as_posix()
        return place if place != "." and path.exists() else None
    except (OSError, ValueError):
        return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)
