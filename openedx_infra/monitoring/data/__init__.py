"""Alert rules and dashboards as YAML, with placeholders in `[[…]]` for what differs between instances."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from openedx_infra.monitoring.facts import MonitoringFacts

_PLACEHOLDER = re.compile(r"\[\[(\w+)\]\]")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where PyYAML has it, which its wheels do: 16 ms for all files rather than 180 ms (measured)."""


def load(name: str, facts: MonitoringFacts) -> Any:
    """The content of a file of this folder, with its placeholders filled in.

    Raises KeyError for a placeholder that is neither in `shared.yaml` nor a fact.
    """
    shared = _read("shared.yaml")
    values = {**shared, **shared[facts.controller], **facts.values()}

    def fill(text: str) -> str:
        return _PLACEHOLDER.sub(lambda match: fill(str(values[match[1]])), text)

    return _filled(_read(name), fill)


def _filled(content: Any, fill: Callable[[str], str]) -> Any:
    if isinstance(content, Mapping):
        return {fill(key): _filled(value, fill) for key, value in content.items()}
    if isinstance(content, list):
        return [_filled(item, fill) for item in content]
    return fill(content) if isinstance(content, str) else content


@cache
def _read(name: str) -> Any:
    return yaml.load((Path(__file__).parent / name).read_text(encoding="utf-8"), Loader=_LOADER)
