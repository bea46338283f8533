"""The cost of a fault in one table: ready endpoints, data, and the seconds until all was well again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from disturbing import until
from endpoints import SERVING, Seen, endpoints
from instances import Instance

REPLICAS = 3
"""How many pods each of `SERVING` has in these tests."""
ONE_LESS = REPLICAS - 1
"""What is promised where pods are lost, or moved by others: a disruption budget lets one go at a time."""
CALM_SECONDS = 1.0


@dataclass
class Fault:
    """One fault, and what was seen of it."""

    what: str
    floor: int
    seen: Seen
    begun: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    note: str = ""

    def begin(self) -> None:
        """The fault happens now: from here on seconds are counted."""
        self.begun = time.monotonic()

    def told(self) -> None:
        """The user was told now."""
        self.note = f"told after {self.elapsed:.0f} s"

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.begun

    @property
    def row(self) -> tuple[str, str, str, str, str]:
        least = " ".join(f"{name} {self.seen.least[name]}" for name in SERVING)
        return self.what, str(self.floor), least, f"{self.seconds:.0f} s", self.note


def delayed(kind: str, name: str, seconds: int) -> dict[str, object]:
    """An override by which a workload's pods take so long to become ready, or to complete."""
    return annotated(kind, name, {"openedx-infra.test/delay": f"{seconds}s"})


def annotated(kind: str, name: str, annotations: Mapping[str, str]) -> dict[str, object]:
    patch = {"spec": {"template": {"metadata": {"annotations": dict(annotations)}}}}
    return {"kind": kind, "name": name, "patch": patch}


SLOW = [
    *(delayed("Deployment", name, 3) for name in SERVING),
    *(delayed("Job", name, 1) for name in ("lms-migrate", "studio-migrate")),
]
"""Overrides by which pods take as long as would show in the endpoints if anything went before its time."""

ROWS: list[Fault] = []
"""All faults of this worker, for the table at the end of the run."""


@contextmanager
def fault(instance: Instance, what: str, floor: int = REPLICAS, *, jobs: bool = True) -> Iterator[Fault]:
    """What happens within the block, until all is well again, and what it cost.

    Never are fewer than `floor` endpoints ready, nothing that holds data is lost, and at the end the instance
    is whole, without anything done to it that is not in the block. Without `jobs`, a Job that failed may be
    left to the next `up`.
    """
    volumes = instance.uids("PersistentVolumeClaim")
    with endpoints(instance) as seen:
        assert seen.now == {name: REPLICAS for name in SERVING}, "it was whole before"
        happened = Fault(what, floor, seen)
        yield happened
        happened.seconds = _whole_again(instance, seen, jobs) - happened.begun
    ROWS.append(happened)
    assert instance.uids("PersistentVolumeClaim") == volumes
    assert all(claim.status.phase == "Bound" for claim in instance.list("PersistentVolumeClaim"))
    assert min(seen.least.values()) >= floor, happened.row
    assert seen.looks > 1 or floor == REPLICAS, "something was seen at all"


def _whole_again(instance: Instance, seen: Seen, jobs: bool) -> float:
    """When the instance was whole, and stayed so: controllers may not have noticed yet what happened."""

    def whole() -> bool:
        waiting = [each for each in instance.unready() if jobs or not each.startswith("Job/")]
        return seen.now == {name: REPLICAS for name in SERVING} and not waiting

    while True:
        until(whole)
        since = time.monotonic()
        time.sleep(CALM_SECONDS)
        if whole():
            return since


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of faults as lines of text; nothing when no fault was injected."""
    if not rows:
        return []
    rows = [("fault", "floor", "least seen", "well after", ""), *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
