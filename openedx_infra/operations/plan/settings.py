"""Which settings of the platform would change, read from its ConfigMaps."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from openedx_infra.operations.plan.differences import ABSENT, Difference, differences
from openedx_infra.operations.plan.objects import ObjectChange
from openedx_infra.settings.modules import OPERATOR_MODULES

_JOBS = "-job-settings"
"""How the ConfigMaps end that Jobs read: they repeat the settings of LMS and Studio."""

_SETTINGS = "-settings"
_RUNNER = f"{OPERATOR_MODULES}modules.py"
"""This program's own file, which runs the operator's."""


@dataclass(frozen=True, kw_only=True)
class SettingChange:
    """A setting, or another value of a configuration file."""

    where: tuple[str, ...]
    """Whose setting it is, such as `lms` and `studio`; the name of the ConfigMap where it is no setting."""
    difference: Difference
    lines: tuple[str, ...] = ()
    """Of a file of Python settings: each line that is new (`+ …`) or gone (`- …`)."""


def setting_changes(objects: Iterable[ObjectChange]) -> list[SettingChange]:
    """Settings that differ, each once, with all whose setting it is.

    Jobs have settings of their own ConfigMaps; what differs there only is named `jobs`.
    """
    found: dict[str, tuple[list[str], Difference, tuple[str, ...]]] = {}
    changed = [each for each in objects if each.urn.kind == "ConfigMap" and each.op in ("update", "replace")]
    for each in sorted(changed, key=lambda change: change.urn.name.endswith(_JOBS)):
        for difference in _in_data(each):
            lines = _changed_lines(each, difference)
            key = repr((difference.path, difference.before, difference.now, lines))
            where, *_ = found.setdefault(key, ([], difference, lines))
            owner = _owner(each.urn.name)
            if owner not in where and not (owner == "jobs" and where):
                where.append(owner)
    return [
        SettingChange(where=tuple(where), difference=each, lines=lines)
        for where, each, lines in found.values()
    ]


def _owner(config_map: str) -> str:
    return "jobs" if config_map.endswith(_JOBS) else config_map.removesuffix(_SETTINGS)


def _in_data(change: ObjectChange) -> Iterator[Difference]:
    before, now = (each.get("data") or {} for each in (change.before, change.now))
    if not isinstance(before, Mapping) or not isinstance(now, Mapping):
        return
    for key in dict.fromkeys([*before, *now]):
        old, new = before.get(key), now.get(key)
        if old == new:
            continue
        values = [_decoded(key, text) for text in (old, new)]
        if all(isinstance(value, Mapping) for value in values):
            yield from differences(*values)
        else:
            yield Difference(path=(key,), before=_lines(old), now=_lines(new, old))


def _changed_lines(change: ObjectChange, difference: Difference) -> tuple[str, ...]:
    """Lines of the operator's own Python that differ. Of this program's own, their number is enough."""
    [name, *_] = difference.path
    if not (name.startswith(OPERATOR_MODULES) and name.endswith(".py") and name != _RUNNER):
        return ()
    before, now = ((each.get("data") or {}).get(name) or "" for each in (change.before, change.now))
    compared = difflib.ndiff(before.splitlines(), now.splitlines())
    return tuple(line.rstrip() for line in compared if line.startswith(("+ ", "- ")))


def _decoded(key: str, text: Any) -> Any:
    """The value of a file in a ConfigMap; None where it is neither YAML nor JSON."""
    if not isinstance(text, str):
        return None
    try:
        if key.endswith((".yml", ".yaml")):
            return yaml.load(text, Loader=yaml.CSafeLoader)
        if key.endswith(".json"):
            return json.loads(text)
    except (ValueError, yaml.YAMLError):
        pass
    return None


def _lines(text: Any, before: Any = None) -> Any:
    """A file that has no keys: how long it is, and how many of its lines are new. `--diff` shows them."""
    if not isinstance(text, str):
        return ABSENT
    count = f"{len(text.splitlines())} lines"
    if not isinstance(before, str):
        return count
    new = [line for line in difflib.ndiff(before.splitlines(), text.splitlines()) if line.startswith("+ ")]
    return f"{count}, {len(new)} of them new"
