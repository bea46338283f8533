"""Reads the text that mysqldump writes, statement by statement, and puts tables into today's charset."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from .target import UNTOUCHED, Refused

END = b"-- Dump completed"
_DATABASE = re.compile(rb"^(?:USE|-- Current Database:) `((?:[^`]|``)+)`")
_TABLE = re.compile(rb"^(CREATE TABLE|INSERT INTO)(?: IF NOT EXISTS)? `((?:[^`]|``)+)`")
_NAMES = re.compile(rb"SET NAMES (\w+)")
_VIEW = re.compile(rb"(?:VIEW|FINAL VIEW) `((?:[^`]|``)+)`")
_PROGRAM = re.compile(rb"^(?:/\*!50\d\d\d )?CREATE\b.*? (TRIGGER|PROCEDURE|FUNCTION|EVENT) `?(\w+)")
_LEGACY = rb"(?:utf8mb3|utf8|latin1|ascii|swe7|cp1252|utf8mb4)"
READABLE = (b"utf8mb4", b"utf8mb3", b"utf8", b"binary")
"""Charsets in which texts of a dump can stand."""


@dataclass(frozen=True)
class Statement:
    """One statement of a dump that makes or fills a table, or the beginning of a database."""

    kind: str
    """`database`, `create`, `insert`, `skipped` (a view, trigger or routine) or `end`."""
    name: str
    text: bytes = b""


def statements(stream: IO[bytes]) -> Iterator[Statement]:
    """What is in a dump. The last is `end`, or the dump is cut short.

    Raises Refused for texts in a charset in which some would have been lost.
    """
    text, kind, name = b"", "", ""
    within_program = False
    for line in iter(stream.readline, b""):
        if text:
            text += line
        elif within_program:
            within_program = line.strip() != b"DELIMITER ;"
            if found := _PROGRAM.search(line):
                yield Statement("skipped", f"{found[1].decode().lower()} {found[2].decode()}")
            continue
        elif begun := _TABLE.match(line):
            kind, name, text = begun[1].split()[0].decode().lower(), _name(begun[2]), line
        else:
            within_program = line.startswith(b"DELIMITER ") and line.strip() != b"DELIMITER ;"
            yield from _other(line)
            continue
        if line.rstrip().endswith(b";"):
            yield Statement(kind, name, text)
            text = b""


def _name(quoted: bytes) -> str:
    return quoted.replace(b"``", b"`").decode()


def _other(line: bytes) -> Iterator[Statement]:
    if found := _DATABASE.match(line):
        yield Statement("database", _name(found[1]))
    elif line.startswith(END):
        yield Statement("end", "")
    elif (found := _NAMES.search(line)) and found[1].lower() not in READABLE:
        raise Refused(
            f"The dump is written in {found[1].decode()}, in which letters of other scripts are lost. "
            f"{UNTOUCHED}\n  what to do: dump again with --default-character-set=utf8mb4"
        )
    elif line.startswith((b"/*!50001", b"/*!50013")) and (found := _VIEW.search(line)):
        yield Statement("skipped", f"view {_name(found[1])}")


def mended(create: bytes) -> tuple[bytes, list[str]]:
    """A CREATE TABLE in utf8mb4, with collations that every server knows, and what was put right."""
    notes = []
    for old in sorted(set(re.findall(rb"(?:CHARSET=|CHARACTER SET )(utf8mb3|utf8|latin1|ascii)\b", create))):
        notes.append(f"{old.decode()} became utf8mb4")
    if re.search(rb"ENGINE=(?!InnoDB)\w+", create):
        notes.append("its engine became InnoDB")
    text = re.sub(rb"(CHARSET=|CHARACTER SET )" + _LEGACY + rb"\b", rb"\1utf8mb4", create)
    text = re.sub(rb"(COLLATE[= ])(\w+)", _collation, text)
    text = re.sub(rb"ENGINE=\w+", b"ENGINE=InnoDB", text)
    text = re.sub(rb" ROW_FORMAT=(COMPACT|REDUNDANT|FIXED)", b"", text)
    if b"CHARSET=utf8mb4" in text and b"COLLATE=" not in text:
        text = text.replace(b"CHARSET=utf8mb4", b"CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci")
    return text, notes


def _collation(found: re.Match[bytes]) -> bytes:
    """As the target's: one that compares bytes stays so."""
    name = b"utf8mb4_bin" if found[2].endswith(b"_bin") else b"utf8mb4_unicode_ci"
    return found[1] + name


def columns(create: bytes) -> dict[str, str]:
    """Types of the columns of a table, in order."""
    return {
        _name(name): kind.decode().lower()
        for name, kind in re.findall(rb"^\s+`((?:[^`]|``)+)` (\w+)", create, re.MULTILINE)
    }


def uniques(create: bytes) -> dict[str, list[str]]:
    """Columns of each unique index, by its name."""
    found = re.findall(rb"^\s+UNIQUE KEY `((?:[^`]|``)+)` \((.*?)\),?$", create, re.MULTILINE)
    return {_name(name): [_name(one) for one in re.findall(rb"`((?:[^`]|``)+)`", of)] for name, of in found}
