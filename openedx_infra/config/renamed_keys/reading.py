"""Reads stack files with former keys as if they had the new ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from openedx_infra.config.errors.config_error import Fault
from openedx_infra.config.errors.key_paths import Location, key_of
from openedx_infra.config.renamed_keys.renamed_key import ANY, RenamedKey
from openedx_infra.config.renamed_keys.table import RENAMED_KEYS

Version = tuple[int, int]
"""Major and minor version."""
Table = Sequence[RenamedKey]


@dataclass(frozen=True, kw_only=True)
class FormerKey:
    """A key of a stack file that is called otherwise now."""

    row: RenamedKey
    old: Location
    new: Location
    doubled: bool
    """Whether the new key is there, too."""

    def refused(self, program: Version) -> bool:
        """Whether this version of the program doesn't read it any more."""
        return self.doubled or program >= self.row.ends

    def note(self, stack: str) -> str:
        """What an operator should know while it is read."""
        how = f", as {self.row.how}" if self.row.how else ""
        return (
            f"{key_of(self.old)}: is named {key_of(self.new)}{how} since version {_text(self.row.since)}; "
            f"version {_text(self.row.ends)} no longer reads it: {_remedy(stack)}"
        )

    def fault(self, stack: str) -> Fault:
        """Why it is refused."""
        if self.doubled:
            rule = f"is the former name of {key_of(self.new)}, which is there, too: remove one of both"
        else:
            rule = (
                f"was renamed to {key_of(self.new)} in version {_text(self.row.since)}, and is no longer "
                f"read since {_text(self.row.ends)}: {_remedy(stack)}"
            )
        return Fault(self.old, self.old, f"{key_of(self.old)}: {rule}")


def _remedy(stack: str) -> str:
    return f"`openedx-infra migrate-config --stack {stack}` renames it"


def _text(minor: Version) -> str:
    return ".".join(map(str, minor))


def program_version() -> Version:
    """Major and minor version of this program; 0.0 where it runs without being installed."""
    try:
        major, minor, *_ = version("openedx-infra").split(".")
    except PackageNotFoundError:
        return 0, 0
    return int(major), int(minor)


def former_keys(
    config: Mapping[str, Any], kind: str = "instance", table: Table = RENAMED_KEYS
) -> list[FormerKey]:
    """The former keys in a stack file's keys, in the order of the table."""
    return [
        FormerKey(row=row, old=old, new=new, doubled=present(config, new))
        for row in table
        if row.kind == kind
        for old in _matches(config, row.old)
        if _reachable(config, new := _filled(row.new, _wild(row.old, old)))
    ]


def renewed(config: Mapping[str, Any], found: Sequence[FormerKey]) -> dict[str, Any]:
    """The keys with new ones in the place of former ones; `config` itself is left as it is.

    Of two that are there both, the new one stays.
    """
    result: Any = dict(config)
    for each in found:
        value = each.row.value(at(result, each.old))
        result = _without(result, each.old)
        if not each.doubled:
            result = _with(result, each.new, value)
    return dict(result)


def read(config: Mapping[str, Any], kind: str = "instance", table: Table = RENAMED_KEYS) -> Mapping[str, Any]:
    """The keys as this version of the program reads them: those that it refuses are left as they are."""
    found = former_keys(config, kind, table)
    if not found:
        return config
    program = program_version()
    return renewed(config, [each for each in found if not each.refused(program)])


def at(config: Any, location: Location) -> Any:
    """The value at a location that is there."""
    for part in location:
        config = config[part]
    return config


def present(config: Any, location: Location) -> bool:
    """Whether a location is there."""
    for part in location:
        if not isinstance(config, Mapping) or part not in config:
            return False
        config = config[part]
    return True


def _matches(value: Any, pattern: Sequence[str], above: Location = ()) -> Iterator[Location]:
    if not pattern:
        yield above
    elif isinstance(value, Mapping):
        for part in value if pattern[0] == ANY else [pattern[0]]:
            if part in value:
                yield from _matches(value[part], pattern[1:], (*above, part))


def _wild(pattern: Sequence[str], location: Location) -> list[int | str]:
    return [part for wanted, part in zip(pattern, location, strict=True) if wanted == ANY]


def _filled(pattern: Sequence[str], parts: Sequence[int | str]) -> Location:
    left = iter(parts)
    return tuple(next(left) if part == ANY else part for part in pattern)


def _reachable(config: Any, location: Location) -> bool:
    """Whether a value can be put there: all above it are maps, or missing, or empty."""
    for part in location[:-1]:
        config = config.get(part)
        if config is None:
            return True
        if not isinstance(config, Mapping):
            return False
    return True


def _without(config: Any, location: Location) -> Any:
    """A copy without a location, and without the maps that had nothing else."""
    first, *rest = location
    result = dict(config)
    if rest:
        result[first] = _without(config[first], tuple(rest))
    if not rest or not result[first]:
        del result[first]
    return result


def _with(config: Any, location: Location, value: Any) -> Any:
    first, *rest = location
    inner = _with((config or {}).get(first), tuple(rest), value) if rest else value
    return {**(config or {}), first: inner}
