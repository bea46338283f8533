"""The bench: measures all of it on a machine of its own, and prints one table."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from tests.bench.report import Figure, show
from tools.paths import STATE_VARIABLE

CONSOLE = Console(stderr=True)
LOG_WIDTH = 120
"""Columns of the table where there is no terminal."""

LONG = ("hundred",)
"""Steps that are taken only when they are named."""


def main() -> None:
    """Measure all, or only the steps that are named, with state of its own; the user's is not touched."""
    for name in [name for name in os.environ if name.startswith(("PULUMI_", "KUBE"))]:
        del os.environ[name]
    folder = Path(tempfile.mkdtemp(prefix="openedx-infra-bench-"))
    os.environ[STATE_VARIABLE] = str(folder / "state")
    try:
        figures = measure(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    console = Console()
    show(figures, console if console.is_terminal else Console(width=LOG_WIDTH))


def measure(folder: Path) -> list[Figure]:
    """All figures, those of the whole instance first."""
    # What is imported from here on finds its state in the folder.
    from openedx_infra.operations.cluster.connection import embedded
    from tests.bench import aws, builds, delays, hundred, many, memory, offline, previews, services, whole

    aws.have_at_hand(folder)

    steps = {
        "tools": offline.warm_tools,
        "up": whole.up_from_nothing,
        "delays": lambda: delays.against_the_delays(folder),
        "previews": lambda: previews.compare(folder),
        "services": lambda: services.compare(folder),
        "many": lambda: many.on_one_foundation(folder),
        "memory": memory.of_program,
        "verbs": lambda: offline.verbs(folder),
        "tests": offline.fast_tests,
        "builds": builds.on_the_standin,
        "hundred": lambda: hundred.on_one_cluster(folder),
    }
    asked = sys.argv[1:] or [title for title in steps if title not in LONG]
    figures: list[Figure] = []
    try:
        for title, step in steps.items():
            if title not in asked:
                continue
            begin = time.monotonic()
            figures += step()
            CONSOLE.print(f"{title}: measured in {time.monotonic() - begin:.0f} s", highlight=False)
    finally:
        embedded().destroy()
    return figures


if __name__ == "__main__":
    sys.exit(main())
