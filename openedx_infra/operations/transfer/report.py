"""The report of an import, which people sign: what was there, what is here, and how long each step took."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NAMED = {
    "auth_user": "users",
    "student_courseenrollment": "enrolments",
    "courseware_studentmodule": "states of modules",
    "grades_persistentcoursegrade": "grades of courses",
    "certificates_generatedcertificate": "certificates",
}
"""Tables that stand on top, in words."""


@dataclass(kw_only=True)
class Report:
    """What is known of an import."""

    stack: str
    source: str
    release: str
    begun: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    warm: bool = False
    """Whether it was a copy beforehand, which puts nothing in force."""
    seconds: dict[str, float] = field(default_factory=dict)
    """How long each step took."""
    tables: dict[str, Any] = field(default_factory=dict)
    """Rows and sums of each table, which agree on both sides."""
    collections: dict[str, Any] = field(default_factory=dict)
    """Documents of each collection, the same."""
    files: dict[str, Any] = field(default_factory=dict)
    """Files and bytes of each kind, the same, and how many were compared by checksum."""
    notes: list[str] = field(default_factory=list)
    """What was left out, put right, or is still to come."""
    in_force: bool = False
    """Whether the instance works on this data."""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Take the time of a step."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(time.monotonic() - start, 1)

    def markdown(self) -> str:
        """The report for people."""
        state = "in force" if self.in_force else "a copy beforehand" if self.warm else "not in force"
        lines = [
            f"# Import into stack {self.stack}",
            "",
            f"From {self.source}, begun {self.begun}, release {self.release}: **{state}**.",
            "",
            "Every table, collection and folder was counted on both sides, and columns of numbers were added "
            "up on both sides. What stands here agreed; what didn't would have ended the import.",
            "",
            *_table(("what", "rows", "sums that agree"), self._people()),
            *_table(("step", "seconds"), [(name, f"{value:,.1f}") for name, value in self.seconds.items()]),
            *_section("Notes", self.notes),
            *_table(("table", "rows", "sums that agree"), self._rows()),
            *_table(
                ("collection", "documents"),
                [(n, f"{c['documents']:,}") for n, c in sorted(self.collections.items())],
            ),
            *_table(
                ("files", "count", "bytes", "compared by checksum"),
                [
                    (n, f"{f['count']:,}", f"{f['bytes']:,}", f"{f['compared']:,}")
                    for n, f in self.files.items()
                ],
            ),
            "Looked at by: ____________________  on: ____________________",
            "",
        ]
        return "\n".join(lines)

    def write(self, folder: Path) -> list[Path]:
        """Write it as Markdown and JSON; return the paths."""
        stamp = self.begun.replace(":", "").replace("+0000", "Z")
        stem = f"import-{self.stack}-{stamp}"
        paths = [folder / f"{stem}.md", folder / f"{stem}.json"]
        paths[0].write_text(self.markdown(), encoding="utf-8")
        paths[1].write_text(json.dumps(asdict(self), indent=1, sort_keys=True), encoding="utf-8")
        return paths

    def _people(self) -> list[tuple[str, ...]]:
        return [
            (words, *_counted(self.tables[f"main.{name}"]))
            for name, words in NAMED.items()
            if f"main.{name}" in self.tables
        ]

    def _rows(self) -> list[tuple[str, ...]]:
        return [(name.removeprefix("main."), *_counted(each)) for name, each in sorted(self.tables.items())]


def _counted(table: Mapping[str, Any]) -> tuple[str, str]:
    return f"{table['rows']:,}", str(len(table["sums"]))


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    lines = [head, tuple("---" for _ in head), *rows]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"## {title}", "", *(f"- {line}" for line in lines), ""] if lines else []
