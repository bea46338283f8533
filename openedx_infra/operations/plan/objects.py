"""The objects that a preview would change, with what they were and would be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openedx_infra.operations.drift.changes import SECRET
from openedx_infra.operations.engine.events import Started
from openedx_infra.operations.offline.render import as_yaml
from openedx_infra.operations.urn import Urn

HIDDEN = "[secret]"
"""What stands for a secret value."""

_OPS = {
    "create": "create",
    "import": "create",
    "update": "update",
    "replace": "replace",
    "create-replacement": "replace",
    "delete": "delete",
}
"""What Pulumi's words for its steps mean for an object; other steps are parts of these."""

_CONTEXT = 2
"""Unchanged lines around a change."""


@dataclass(frozen=True, kw_only=True)
class ObjectChange:
    """An object or resource that would change."""

    urn: Urn
    op: str
    """`create`, `update`, `replace` or `delete`."""
    before: Mapping[str, Any]
    """What the program declared for it last; empty for a new one. Secrets are hidden."""
    now: Mapping[str, Any]
    """What the program declares for it; empty for one that goes."""
    paths: tuple[str, ...] = ()
    """Paths of the properties that differ."""


def diffs(objects: Sequence[ObjectChange]) -> Iterator[str]:
    """The changes as unified diffs of the objects' YAML, by lines.

    Of an object that only reads a replaced ConfigMap or Secret by its new name one line says so.
    """
    names = _logical_names(objects)
    for each in objects:
        yield from _diff(each, names)


def _diff(change: ObjectChange, names: Mapping[str, str]) -> Iterator[str]:
    title = str(change.urn)
    plain = [as_yaml(item) if item else "" for item in (change.before, change.now)]
    before, now = (_renamed(text, names) for text in plain)
    if before != now:
        yield from difflib.unified_diff(
            before.splitlines(), now.splitlines(), title, title, lineterm="", n=_CONTEXT
        )
        return
    read = {names[name] for name in names if name in plain[1] and name not in plain[0]} - {change.urn.name}
    if read:
        yield f"*** {title}: reads {', '.join(sorted(read))} anew"
    else:
        yield f"*** {title}: only secret values differ ({', '.join(change.paths)})"


def _logical_names(objects: Iterable[ObjectChange]) -> dict[str, str]:
    """Names in the cluster of replaced objects, old and new, with their names in the program."""
    return {
        item["metadata"]["name"]: each.urn.name
        for each in objects
        if each.op == "replace"
        for item in (each.before, each.now)
        if (item.get("metadata") or {}).get("name")
    }


def _renamed(text: str, names: Mapping[str, str]) -> str:
    for name, logical in names.items():
        text = re.sub(rf"\b{re.escape(name)}\b", logical, text)
    return text


def object_changes(steps: Iterable[Started]) -> list[ObjectChange]:
    """The changes by a preview's steps, each resource once: a replacement takes three steps."""
    found: dict[str, ObjectChange] = {}
    for step in steps:
        op = _OPS.get(step.op)
        if op is None or not step.urn.is_shown or step.urn.text in found:
            continue
        found[step.urn.text] = ObjectChange(
            urn=step.urn,
            op=op,
            before=_hidden(step.before) if op != "create" else {},
            now=_hidden(step.now) if op != "delete" else {},
            paths=step.changed,
        )
    return list(found.values())


def _hidden(value: Any) -> Any:
    """The value with a word where Pulumi marks a secret."""
    if isinstance(value, Mapping):
        return HIDDEN if SECRET in value else {key: _hidden(inner) for key, inner in value.items()}
    return [_hidden(each) for each in value] if isinstance(value, list) else value
