"""Prints log lines of several pods, each with its pod in a colour of its own."""

from __future__ import annotations

import zlib

from rich.console import Console
from rich.text import Text

from openedx_infra.operations.pods.log_lines import readable
from openedx_infra.operations.pods.log_stream import Line

_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green", "bright_magenta")


class Printer:
    """Prints lines to one console, and notes to another."""

    def __init__(self, console: Console, notes: Console, *, raw: bool) -> None:
        self._console = console
        self._notes = notes
        self._raw = raw

    def line(self, line: Line) -> None:
        """Print a line of a log, behind its pod and container."""
        name = line.pod if line.pod.startswith(line.container) else f"{line.pod}/{line.container}"
        colour = _COLOURS[zlib.crc32(line.pod.encode()) % len(_COLOURS)]
        text = line.text if self._raw else readable(line.text)
        for part in text.split("\n"):
            self._console.print(Text.assemble((name, colour), " ", part), soft_wrap=True, highlight=False)

    def note(self, text: str) -> None:
        """Print what is no line of a log."""
        self._notes.print(text, style="yellow", markup=False, highlight=False, soft_wrap=True)
