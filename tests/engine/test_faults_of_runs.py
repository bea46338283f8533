"""`up` is killed at any point, or started twice: repeated, it converges; nothing is lost or disturbed."""

from __future__ import annotations

import random
import time

import pytest
from disturbing import SECONDS
from faults import fault
from instances import Instance
from interrupting import power_cut
from test_faults_of_changes import images

pytestmark = [pytest.mark.engine, pytest.mark.faults]

SEED = 6
"""Of the moments at which `up` is killed."""
SOONEST, LATEST = 1.0, 20.0
"""Seconds after its start: the program begins to work after some 5 s, and is done after some 20 s."""
ONCE = [9.0]
"""When `up` works surely."""
_random = random.Random(SEED)
TEN = [_random.uniform(SOONEST, LATEST) for _ in range(10)]


@pytest.mark.parametrize("moments", [ONCE, pytest.param(TEN, marks=pytest.mark.long)], ids=["once", "ten"])
def test_up_is_killed_at_any_point(sturdy: Instance, moments: list[float]) -> None:
    kills, jobs = len(moments), set(sturdy.jobs())
    sturdy.say(**images(sturdy, openedx=f"docker.io/example/openedx:killed-{kills}-0"))
    with fault(sturdy, f"up is killed {kills} times at random, and repeated") as happened:
        killed = 0
        for number, moment in enumerate(moments, start=1):
            process = sturdy.start("up", "--yes")
            end = time.monotonic() + moment
            while process.poll() is None and time.monotonic() < end:
                time.sleep(0.1)
            if process.poll() is None:
                power_cut(process)
                killed += 1
            else:  # it was done before: the next one has something to do again
                sturdy.say(**images(sturdy, openedx=f"docker.io/example/openedx:killed-{kills}-{number}"))
        sturdy.up()
        happened.note = f"{killed} were killed, the others were done before"
    assert killed > kills / 2
    assert sturdy.objects() == sturdy.believed()
    assert set(sturdy.jobs()) == jobs, "none was left behind, and there is one of each"
    sturdy.demand_unchanged()


@pytest.mark.long
def test_two_ups_at_once(sturdy: Instance) -> None:
    """One works; the other is told so, or finds everything done."""
    sturdy.say(**images(sturdy, openedx="docker.io/example/openedx:twice"))
    with fault(sturdy, "two ups at once"):
        processes = [sturdy.start("up", "--yes") for _ in range(2)]
        said = [process.communicate(timeout=SECONDS)[0] for process in processes]
    codes = [process.returncode for process in processes]
    assert 0 in codes, said
    assert all(
        code == 0 or "Another run works on stack dev" in out for code, out in zip(codes, said, strict=True)
    )
    assert sturdy.objects() == sturdy.believed()
    sturdy.demand_unchanged()
