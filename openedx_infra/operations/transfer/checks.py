"""What is looked at before anything that is in use is touched: the target, its room, and releases."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from openedx_infra.operations.errors import OperationError

PLAIN_FACTOR, PACKED_FACTOR = 2.0, 10.0
"""Room that a dump takes as tables, in its own bytes: plain text, and packed by gzip (guesses: text
becomes about as large as tables with their indexes, and gzip packs it to a seventh)."""


def require_empty(found: Mapping[str, Any], *, resumed: bool) -> None:
    """Raise OperationError where somebody has used the target. `resumed`: a switch of this import began."""
    if found["used"] and not resumed:
        what = ", ".join(f"{count} rows of {name}" for name, count in found["used"].items())
        raise OperationError(
            f"The instance is in use: it has {what}. Nothing was changed.",
            remedy="an import replaces everything, so it goes into an instance that nobody has used: bring "
            "up another stack, or delete these courses and learners first",
        )
    if not found["migrations"] and not resumed:
        raise OperationError(
            "The instance has no tables yet. Nothing was changed.",
            remedy="run `openedx-infra up` once, so that its release is there to compare with",
        )


def require_room(store: str, needed: int, free: int | None) -> str:
    """A line for the report. Raises OperationError where a disk has too little room. `free`: bytes; None
    where nobody can be asked."""
    if free is None:
        return f"{store}: about {_size(needed)} are needed; how much is free could not be asked"
    if needed > free:
        raise OperationError(
            f"{store} has {_size(free)} left, and about {_size(needed)} are needed. Nothing was changed.",
            remedy=f"give its volume more room (openedx:datastores.{store.lower()}.storage), run "
            "`openedx-infra up`, and try again",
        )
    return f"{store}: about {_size(needed)} are needed, {_size(free)} are free"


def room_of(name: str, size: int) -> int:
    """Bytes that a dump takes once it is loaded."""
    return int(size * (PACKED_FACTOR if name.endswith(".gz") else PLAIN_FACTOR))


def require_release(there: Sequence[str], here: Sequence[str], release: str) -> int:
    """Number of migrations that are still to run. Raises OperationError where the old site is of a newer
    release than the instance: no migration leads back.

    An app's migrations have numbers. A site is newer where one of its numbers is above all that this release
    has of the app; names that this release has not may have been squashed.
    """
    newest = _newest(here)
    newer = sorted(each for each in there if _number(each) > newest.get(_app(each), _number(each)))
    if newer:
        shown = ", ".join(newer[:5])
        raise OperationError(
            f"The old site is of a newer release than {release}: this has no {shown}"
            f"{' and others' if len(newer) > 5 else ''}. Nothing that is in use was changed.",
            remedy="set openedx:release to the release of the old site, and run `openedx-infra up` in an "
            "empty instance",
        )
    return len(set(here) - set(there))


def _newest(migrations: Collection[str]) -> dict[str, int]:
    newest: dict[str, int] = {}
    for each in migrations:
        newest[_app(each)] = max(newest.get(_app(each), 0), _number(each))
    return newest


def _app(migration: str) -> str:
    return migration.partition(".")[0]


def _number(migration: str) -> int:
    found = re.match(r"\d+", migration.partition(".")[2])
    return int(found[0]) if found else 0


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Tables of the old site that changed while they were copied."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def require_rest(changed: Sequence[str]) -> None:
    """Raise OperationError where the old site changed while it was copied for good."""
    if changed:
        shown = ", ".join(changed[:8])
        raise OperationError(
            f"The old site changed while it was copied: {shown}{' and others' if len(changed) > 8 else ''}. "
            "Nothing that is in use was changed; tables that did not change are kept.",
            remedy="stop its LMS, Studio and workers (`tutor local stop lms cms lms-worker cms-worker`), "
            "leave its databases on, and run the same command; `--warm` copies beforehand, while it runs",
        )


def _size(count: int) -> str:
    return f"{count / 2**30:,.1f} GiB" if count >= 2**30 else f"{count / 2**20:,.0f} MiB"
