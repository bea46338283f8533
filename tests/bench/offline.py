"""How long does one wait where neither cluster nor engine is asked?"""

from __future__ import annotations

import io
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

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


def check() -> list[Figure]:
    """`openedx-infra check` of the dev stack."""
    runs = [_run([str(BIN / "openedx-infra"), "check"]) for _ in range(ROUNDS)]
    said = runs[-1][1].strip().splitlines()[-1]
    seconds = median(seconds for seconds, _ in runs)
    return [Figure(what="check", value=seconds, unit="s", goal=5, note=f"median of {ROUNDS}: {said}")]


def fast_tests() -> list[Figure]:
    """The rungs that need no engine."""
    seconds, said = _run(["make", "--silent", "test-fast"])
    result = said.strip().splitlines()[-1].partition(" in ")[0]
    return [
        Figure(what="unit and graph tests, and the tools'", value=seconds, unit="s", goal=30, note=result)
    ]


def _run(command: list[str]) -> tuple[float, str]:
    """Seconds that a command takes, and what it prints."""
    begin = time.monotonic()
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return time.monotonic() - begin, done.stdout + done.stderr
