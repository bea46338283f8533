"""Progress of a download or build: title, elapsed time and estimate."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

HEARTBEAT_SECONDS = 30.0
"""How often a line is printed where lines cannot be redrawn (a log): less than what makes one doubt."""

Tick = Callable[[str], None]
"""Called again and again while something runs, with a word on what it does at the moment ("" for none)."""


@contextmanager
def step(console: Console, title: str, seconds: int) -> Iterator[Tick]:
    """Show one step while it runs: elapsed time beside the estimate in seconds, then how long it took."""
    start = time.monotonic()
    draw = _bar(console, title, seconds) if console.is_terminal else _lines(console, title, seconds)
    with draw as tick:
        yield tick
    console.print(f"{title}: {_time(time.monotonic() - start)}", highlight=False, soft_wrap=True)


@contextmanager
def _bar(console: Console, title: str, seconds: int) -> Iterator[Tick]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(20),
        TextColumn("{task.fields[now]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=seconds, now="")
        start = time.monotonic()

        def tick(doing: str) -> None:
            elapsed = time.monotonic() - start
            now = f"{_time(elapsed)} of about {_time(seconds)} [dim]{doing}"
            # An estimate that was too short leaves the bar almost full, not done.
            progress.update(task, completed=min(elapsed, seconds * 0.98), now=now)

        tick("")
        yield tick


@contextmanager
def _lines(console: Console, title: str, seconds: int) -> Iterator[Tick]:
    start = last = time.monotonic()
    console.print(f"{title} (about {_time(seconds)} the first time)", highlight=False, soft_wrap=True)

    def tick(_: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= HEARTBEAT_SECONDS:
            last = now
            console.print(
                f"{title}: {_time(now - start)} of about {_time(seconds)}", highlight=False, soft_wrap=True
            )

    yield tick


def _time(seconds: float) -> str:
    """Write a duration for people: 42 s, 3:07 min."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60}:{whole % 60:02d} min"
