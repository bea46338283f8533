"""Can a version come up, and live beside another one? Rules on migrations and on blue and green."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.config.conflict import Conflict
from openedx_infra.config.places import Location
from openedx_infra.config.stack import Stack


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    yield from _patience(stack)


def _patience(stack: Stack) -> Iterator[Conflict]:
    said, longest = stack.migrations, ("migrations", "minutes")
    if said.lock_minutes >= said.minutes:
        text = (
            f"{said.lock_minutes} leaves nothing of `minutes` ({said.minutes}) for the migrations "
            "themselves: lower the one or raise the other"
        )
        reads: tuple[Location, ...] = (longest,)
        yield Conflict(("migrations", "lock_minutes"), text, reads)
