"""The plans of AWS' provider: names, and whether a change updates or replaces."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulated_aws.kinds import KINDS, Kind
from simulated_aws.wire import plain

DEFAULTED = "__defaults"
"""Input in which Pulumi's bridge remembers what it filled in itself."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What becomes of a resource."""

    properties: tuple[str, ...]
    """What differs."""
    replacing: tuple[str, ...]
    """What of it needs a new resource."""
    delete_first: bool
    """Whether the old one must go before the new one comes, as they can't share a name."""
    added: frozenset[str]
    removed: frozenset[str]


def fault(type_: str, inputs: Mapping[str, Any]) -> tuple[str, str] | None:
    """The property that is wrong, and why; None when nothing is."""
    kind = KINDS.get(type_)
    if kind is None:
        return (
            "",
            f"the simulated AWS has no {type_}: tell tests/simulated_aws/kinds.py what the real one does",
        )
    name = plain(inputs.get(kind.named)) if kind.named else None
    if isinstance(name, str) and len(name) > kind.longest:
        return str(kind.named), f"{name} is longer than {kind.longest} letters"
    return None


def named(
    type_: str, name: str, olds: Mapping[str, Any], news: Mapping[str, Any], seed: bytes
) -> dict[str, Any]:
    """The inputs with a physical name: what the program says, the one of before, or one that is made up."""
    kind = KINDS[type_]
    if not kind.named or kind.named in news or f"{kind.named}Prefix" in news:
        return {**news, DEFAULTED: []}
    before = olds.get(kind.named) if kind.named in olds.get(DEFAULTED, ()) else None
    made_up = f"{name}-{hashlib.sha256(seed or name.encode()).hexdigest()[:7]}".lower()
    return {**news, kind.named: before or made_up, DEFAULTED: [kind.named]}


def change(type_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Change:
    """How two sets of inputs differ."""
    kind = KINDS[type_]
    before, after = _known(olds), _known(news)
    differing = tuple(key for key in sorted({*before, *after}) if before.get(key) != after.get(key))
    replacing = tuple(key for key in differing if key in kind.replaced_by)
    return Change(
        properties=differing,
        replacing=replacing,
        delete_first=bool(replacing) and _clashes(kind, before, after, news),
        added=frozenset(after.keys() - before.keys()),
        removed=frozenset(before.keys() - after.keys()),
    )


def _clashes(
    kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any], news: Mapping[str, Any]
) -> bool:
    """Whether old and new would bear the same name, as the program says it."""
    if kind.delete_first or not kind.named:
        return kind.delete_first
    return kind.named not in news.get(DEFAULTED, ()) and before.get(kind.named) == after.get(kind.named)


def _known(inputs: Mapping[str, Any]) -> dict[str, Any]:
    said = {key: plain(value) for key, value in inputs.items() if key != DEFAULTED}
    return {key: value for key, value in said.items() if value is not None}
