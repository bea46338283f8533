"""Figures of what asks neither a cluster nor the engine."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

from openedx_infra.operations.stack_files.checkout import CHECKOUT
from tests.bench.report import Figure
from tools.recipes import ALL
from tools.toolchain import ensure

BIN = Path(sys.prefix) / "bin"
ROUNDS = 3


def warm_tools() -> list[Figure]:
    """Having all tools when they are there."""
    quiet = Console(file=io.StringIO())
    ensure(ALL, console=quiet)
    begin = time.monotonic()
    ensure(ALL, console=quiet)
    return [Figure(what="toolchain, when all of it is there", value=time.monotonic() - begin, unit="s")]


def verbs(folder: Path) -> list[Figure]:
    """`check` and `render` of the dev stack: seconds of CPU, which other work changes little."""
    return [
        _verb("check", goal=1.0, arguments=[]),
        _verb("render", goal=1.3, arguments=["--output", str(folder / "rendered")]),
    ]


def _verb(name: str, *, goal: float, arguments: list[str]) -> Figure:
    command = [str(BIN / "openedx-infra"), name, *arguments]
    before = _cpu_of_children()
    outputs = [_run(command)[1] for _ in range(ROUNDS)]
    seconds = (_cpu_of_children() - before) / ROUNDS
    result = outputs[-1].strip().splitlines()[-1]
    return Figure(what=name, value=seconds, unit="s", goal=goal, note=f"CPU, mean of {ROUNDS}: {result}")


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def fast_tests() -> list[Figure]:
    """The rungs that need no engine."""
    seconds, printed = _run(["make", "--silent", "test-fast"])
    result = printed.strip().splitlines()[-1].partition(" in ")[0]
    return [
        Figure(what="unit and graph tests, and the tools'", value=seconds, unit="s", goal=30, note=result)
    ]


def _run(command: list[str]) -> tuple[float, str]:
    """Seconds that a command takes, and what it prints."""
    begin = time.monotonic()
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return time.monotonic() - begin, done.stdout + done.stderr
