"""Progress of an image build: steps that took time, and those that run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

from openedx_infra.images.failure import STEP_LENGTH

_STEP = re.compile(r"#(?P<number>\d+) \[(?P<name>[^\]]+)\] (?P<instruction>\S.*)")
_END = re.compile(r"#(?P<number>\d+) (?P<how>DONE|CACHED|ERROR)(?: (?P<seconds>\d+\.\d+)s)?")
_MOUNT = re.compile(r"--mount=\S+\s+")

TOLD_SECONDS = 1.0
"""Steps that took less, or nothing as they came from the cache, are counted and not shown."""


@dataclass
class Tally:
    """How many steps there were."""

    ran: int = 0
    cached: int = 0

    def __str__(self) -> str:
        return f"{self.ran} steps done, {self.cached} from the cache"


class BuildProgress:
    """Reads BuildKit's plain progress, line by line, and shows it."""

    def __init__(self, image: str, console: Console) -> None:
        self.tally = Tally()
        self._image = image
        self._console = console
        self._running: dict[str, str] = {}

    def show(self, lines: Iterable[str]) -> str:
        """Show a build while it runs, and return all that it wrote."""
        written: list[str] = []
        with self._console.status(f"{self._image} …") as status:
            for line in lines:
                written.append(line)
                self._read(line.rstrip())
                names = ", ".join(dict.fromkeys(text.split("  ")[0] for text in self._running.values()))
                status.update(escape(f"{self._image}: {names or '…'}"))
        return "".join(written)

    def _read(self, line: str) -> None:
        if step := _STEP.match(line):
            instruction = " ".join(_MOUNT.sub("", step["instruction"]).split())
            self._running[step["number"]] = f"{step['name']}  {instruction[:STEP_LENGTH]}"
        elif (end := _END.match(line)) and end["number"] in self._running:
            self._end(self._running.pop(end["number"]), end["how"], float(end["seconds"] or 0))

    def _end(self, text: str, how: str, seconds: float) -> None:
        if how == "CACHED":
            self.tally.cached += 1
        elif how == "DONE" and not text.startswith("internal"):
            self.tally.ran += 1
        if how == "ERROR":
            self._console.print(f"  ✗ {text}", style="red", markup=False, highlight=False, soft_wrap=True)
        elif seconds >= TOLD_SECONDS:
            self._console.print(f"  ✓ {text}  {seconds:.1f} s", markup=False, highlight=False, soft_wrap=True)
