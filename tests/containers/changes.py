"""Changes of an instance under load, and what visitors met.

A test of another change, such as a restore, needs `running` and `under_load`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress

import httpx2
from crowd import Crowd, Tally
from machine import until
from rows import Row, Running

BEFORE = 5.0
"""Seconds of visits before a change and after it."""
ENDS = 180.0
"""Seconds until every task must have ended."""


def ask(running: Running, host: str, path: str) -> httpx2.Response:
    """One visitor."""
    url = f"{running.machine.entrance.url}{path}"
    return httpx2.get(url, headers={"Host": host}, timeout=30, trust_env=False)


def executed(running: Running) -> dict[str, int]:
    """How often each task ended."""
    answer = ask(running, running.hosts.lms, "/executed")
    answer.raise_for_status()
    return {str(number): int(times) for number, times in answer.json().items()}


def under_load(
    running: Running, change: str, make: Callable[[], object], *, keeps_data: bool = True
) -> tuple[Tally, set[str]]:
    """Make a change among visitors; return what they met, and the tasks that were lost. What does not keep
    the data does not keep what tasks left, either: then none counts as lost."""
    until(lambda: not running.instance.unready(), 300, f"unready before: {running.instance.unready()}")
    name = change.replace(" ", "-")
    with Crowd(running.machine.entrance.url, running.hosts, name) as crowd:
        time.sleep(BEFORE)
        start = time.monotonic()
        make()
        seconds = time.monotonic() - start
        time.sleep(BEFORE)
    tally = crowd.tally
    lost = missing(running, tally) if keeps_data else set()
    row = Row(
        change,
        seconds,
        tally.asked,
        len(tally.failures),
        tally.asked_to_wait,
        tally.outage,
        len(tally.accepted),
        len(lost),
        tally.slowest,
        os.getloadavg()[0],
    )
    running.rows.append(row)
    return tally, lost


def missing(running: Running, tally: Tally) -> set[str]:
    """Tasks that the platform took on and that have not ended in time."""
    end = time.monotonic() + ENDS
    left = set(tally.accepted)
    while left and time.monotonic() < end:
        # After a kill the entrance may lead nowhere once more, for a moment.
        with suppress(httpx2.HTTPStatusError):
            left -= executed(running).keys()
        time.sleep(2)
    return left


def require_unnoticed(tally: Tally, lost: set[str]) -> None:
    """A planned change: nothing failed, nothing was lost, nobody was asked to wait; and somebody did ask."""
    assert tally.asked > 200 and len(tally.accepted) > 40 and not tally.asked_to_wait
    reasons = tally.reasons()
    assert not reasons, reasons
    assert not lost, sorted(lost)
