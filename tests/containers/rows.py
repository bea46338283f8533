"""Rows of the table that the tests print: what each change cost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from bucket import Bucket
from crowd import Hosts
from instances import Instance
from machine import Machine


@dataclass(frozen=True)
class Row:
    """One change."""

    change: str
    seconds: float
    requests: int
    failed: int
    asked_to_wait: int
    outage: float
    tasks: int
    lost: int
    slowest: float
    load: float
    """Load of the machine: far above its processors, failures are the machine's."""


@dataclass(frozen=True)
class Running:
    """An instance that runs, the machine that it runs on, and what was measured on them."""

    instance: Instance
    machine: Machine
    hosts: Hosts
    bucket: Bucket
    """Where its backups go, outside of the cluster."""
    rows: list[Row]
    steps: list[tuple[str, float]]
    """Seconds that each step took from nothing to a person who is signed in."""

    def timed(self, step: str, start: float) -> None:
        """Note a step that began at a time of the monotonic clock and ends now."""
        self.steps.append((step, time.monotonic() - start))


def table(rows: Sequence[Row]) -> str:
    """All rows, as text."""
    head = (
        "change",
        "took",
        "requests",
        "failed",
        "asked to wait",
        "outage",
        "tasks",
        "lost",
        "slowest",
        "load",
    )
    lines = [
        (
            row.change,
            f"{row.seconds:.0f} s",
            str(row.requests),
            str(row.failed),
            str(row.asked_to_wait),
            f"{row.outage:.1f} s",
            str(row.tasks),
            str(row.lost),
            f"{row.slowest:.1f} s",
            f"{row.load:.0f}",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (head, *lines)
    )
