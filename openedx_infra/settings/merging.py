"""Merging settings, and writing them as stable YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from openedx_infra.config.computed_settings import EXTENDED_LISTS, EXTENDED_MAPS

Settings = dict[str, Any]
"""Django settings by name: what YAML can say."""


class _Dumper(yaml.CSafeDumper):
    """Writes every value in full: an anchor would tie together settings that only happen to be equal.

    It is libyaml's, which all of PyYAML's wheels have: PyYAML's own one takes ten times as long.
    """

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.CSafeDumper, value: str) -> yaml.ScalarNode:
    """Quotes what PyYAML would else write as a line break and read back as a space."""
    style = '"' if _BREAKS.intersection(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_BREAKS = frozenset("\x85\u2028\u2029\ufeff")
_Dumper.add_representer(str, _text)


def merged(*fragments: Mapping[str, Any]) -> Settings:
    """The fragments laid over each other: maps key by key, everything else whole, the later one winning."""
    result: Settings = {}
    for fragment in fragments:
        for key, value in fragment.items():
            below = result.get(key)
            if isinstance(below, Mapping) and isinstance(value, Mapping):
                value = merged(below, value)
            result[key] = value
    return result


def laid_over(computed: Mapping[str, Any], free: Mapping[str, Any]) -> Settings:
    """Computed settings with free ones of the stack file: lists that this program fills are added to, maps
    that it fills are merged, and everything else is replaced whole.
    """
    return {**computed, **{name: _with(computed.get(name), name, value) for name, value in free.items()}}


def _with(computed: Any, name: str, value: Any) -> Any:
    if name in EXTENDED_LISTS and computed is not None:
        return [*computed, *(each for each in value if each not in computed)]
    if name in EXTENDED_MAPS and isinstance(computed, Mapping):
        return merged(computed, value)
    return value


def dump(settings: Mapping[str, Any]) -> str:
    """Settings as YAML: sorted by name, so that equal settings are equal text."""
    return yaml.dump(dict(settings), Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=110)
