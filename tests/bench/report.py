"""A figure, and how it is shown."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One thing that was measured."""

    what: str
    value: float
    unit: str
    goal: float | None = None
    """The most that it should be; None: it is told, not judged."""
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None when there is none."""
        return None if self.goal is None else self.value <= self.goal


def show(figures: Sequence[Figure], console: Console) -> None:
    """Print the table."""
    load = os.getloadavg()[0]
    table = Table(
        title=f"{os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f} at the end",
        title_justify="left",
    )
    table.add_column("Measured", no_wrap=True)
    table.add_column("Figure", justify="right", no_wrap=True)
    table.add_column("Goal", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("Note", overflow="fold")
    marks = {True: "[green]met[/green]", False: "[red]missed[/red]", None: ""}
    for figure in figures:
        goal = "" if figure.goal is None else f"≤ {_written(figure.goal, figure.unit)}"
        table.add_row(figure.what, _written(figure.value, figure.unit), goal, marks[figure.met], figure.note)
    console.print(table)


def _written(value: float, unit: str) -> str:
    digits = 0 if value >= 100 or value == int(value) else 2 if value < 10 else 1
    return f"{value:.{digits}f} {unit}"
