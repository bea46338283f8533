"""The verb releases: the catalogue of releases, side by side."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from openedx_infra.releases import RELEASES
from openedx_infra.releases.comparison import comparison


def show(console: Console, *, json: bool, differences: bool) -> None:
    """Print all releases: a column for each, or all their fields as JSON."""
    if json:
        releases = {name: asdict(release) for name, release in RELEASES.items()}
        print(json_format.dumps(releases, indent=2, default=_plain))
        return
    compared = comparison(RELEASES.values())
    table = Table(box=None, pad_edge=False, header_style="bold", show_lines=False)
    table.add_column("")
    for name in compared.names:
        table.add_column(name, overflow="fold")
    for row in compared.rows:
        if row.differs or not differences:
            table.add_row(Text(row.title, "bold"), *(Text(value) for value in row.values))
    console.print(table, highlight=False)


def _plain(value: object) -> object:
    """Values that JSON has no type for, sets in a stable order."""
    return sorted(value) if isinstance(value, frozenset | set) else str(value)
