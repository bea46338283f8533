"""Counts rows, and adds up columns of numbers: in a dump as it passes by, and in a table."""

import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from .target import quoted

WHOLE = ("tinyint", "smallint", "mediumint", "int", "integer", "bigint")
BROKEN = ("float", "double")
ADDED = (*WHOLE, *BROKEN, "decimal")
"""Types of columns that are added up."""
CLOSE = 1e-6
"""Relative difference up to which sums of floats agree: servers round them each in its own way (measured)."""
_TEXT = re.compile(rb"_binary '(?:[^'\\]|\\.|'')*'|'(?:[^'\\]|\\.|'')*'", re.DOTALL)
_INSERT = re.compile(rb"^INSERT INTO `(?:[^`]|``)+`\s*(\([^)]*\))?\s*VALUES\s*")

Sums = dict[str, Any]
"""Sums of columns, by name; None where all are NULL."""


class Counter:
    """Rows and sums of a table, of the statements that fill it."""

    def __init__(self, columns: Mapping[str, str]) -> None:
        """`columns`: their types, in the order of the table."""
        self.rows = 0
        self._types = dict(columns)
        self._sums: dict[str, list[Any]] = {name: [] for name, kind in columns.items() if kind in ADDED}

    def add(self, insert: bytes) -> None:
        """Take the rows of an INSERT. Without texts, which may hold anything, commas and brackets part
        values and rows."""
        head = _INSERT.match(insert)
        if head is None:
            raise ValueError("is no INSERT of mysqldump's")
        names = re.findall(r"`([^`]+)`", head[1].decode()) if head[1] else list(self._types)
        body = _TEXT.sub(b"", insert[head.end() :]).strip(b" ;\r\n")
        places = [(place, name) for place, name in enumerate(names) if name in self._sums]
        parts: dict[str, list[Any]] = {name: [] for _, name in places}
        for row in re.split(rb"\)\s*,\s*\(", body[1:-1]):
            self.rows += 1
            values = row.split(b",")
            for place, name in places:
                value = values[place].strip()
                if value != b"NULL":
                    parts[name].append(self._number(name, value))
        for name, values_of in parts.items():
            if values_of:
                floats = self._types[name] in BROKEN
                self._sums[name].append(math.fsum(values_of) if floats else sum(values_of))

    def _number(self, name: str, value: bytes) -> Any:
        kind = self._types[name]
        if kind in WHOLE:
            return int(value)
        return float(value) if kind in BROKEN else Decimal(value.decode())

    def sums(self) -> Sums:
        """Sums so far, as JSON has them."""
        return {name: _written(sum(values)) if values else None for name, values in self._sums.items()}


def in_table(cursor: Any, table: str, columns: Mapping[str, str]) -> tuple[int, Sums]:
    """The same of a table, asked of its server."""
    names = [name for name, kind in columns.items() if kind in ADDED]
    asked = ", ".join(["COUNT(*)", *(f"SUM({quoted(name)})" for name in names)])
    cursor.execute(f"SELECT {asked} FROM {quoted(table)}")
    rows, *values = cursor.fetchone()
    return int(rows), {name: _written(value) for name, value in zip(names, values, strict=True)}


def _written(value: Any) -> Any:
    """A sum as text, but for floats: JSON has no numbers as long as these may be."""
    if value is None or isinstance(value, float):
        return value
    number = Decimal(value)
    return str(int(number)) if number == int(number) else format(number.normalize(), "f")


def differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> Iterable[str]:
    """A line for each column whose sums don't agree."""
    for name in sorted({*there, *here}):
        one, other = there.get(name), here.get(name)
        if isinstance(one, float) and isinstance(other, float) and math.isclose(one, other, rel_tol=CLOSE):
            continue
        if one != other:
            yield f"sum of {name}: {other} here, {one} there"
