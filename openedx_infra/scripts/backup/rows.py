"""Counts rows in a dump and in a database."""

import re
from collections.abc import Container, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from .backup_parameters import parameters, secret

_TABLE = re.compile(rb"^(?:CREATE TABLE|INSERT INTO) `((?:[^`]|``)+)`")
_TEXT = re.compile(rb"'(?:[^'\\]|\\.|'')*'", re.DOTALL)


def in_dump(path: Path) -> dict[str, int]:
    """Rows of each table in a file of mysqldump's, which writes no line break within a value.

    Without the texts, which may hold anything, each bracket after VALUES opens a row.
    """
    counts: dict[str, int] = {}
    table = ""
    with path.open("rb") as lines:
        for line in lines:
            if begun := _TABLE.match(line):
                name = begun[1].replace(b"``", b"`").decode()
                counts.setdefault(name, 0)
                table = name if line.startswith(b"INSERT") else ""
                line = line[begun.end() :].partition(b"VALUES")[2]
            if table and (begun or line.startswith(b"(")):
                counts[table] += _TEXT.sub(b"", line).count(b"(")
            elif not begun:
                table = ""
    return counts


def in_database(alias: Mapping[str, Any]) -> dict[str, int]:
    """Rows of each table of a database, in the form of DATABASES."""
    connection = connected(alias)
    try:
        cursor = connection.cursor()
        cursor.execute("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")
        tables = [str(row[0]) for row in cursor.fetchall()]
        return {table: _rows(cursor, table) for table in tables}
    finally:
        connection.close()


def now(sealed: Container[str]) -> dict[str, dict[str, int]]:
    """Rows of each table of each database that the run is told of and that is in the backup."""
    return {
        name: in_database(alias) for name, alias in parameters().get("mysql", {}).items() if name in sealed
    }


def _rows(cursor: Any, table: str) -> int:
    quoted = table.replace("`", "``")
    cursor.execute(f"SELECT COUNT(*) FROM `{quoted}`")
    return int(cursor.fetchone()[0])


def connected(alias: Mapping[str, Any]) -> Any:
    """A connection to a database, in the form of DATABASES."""
    encryption = {name: alias["OPTIONS"][name] for name in ("ssl", "ssl_mode") if name in alias["OPTIONS"]}
    return import_module("MySQLdb").connect(
        host=alias["HOST"],
        port=int(alias["PORT"]),
        user=alias["USER"],
        password=secret(alias.get("SECRET", "mysql_password")),
        database=alias["NAME"],
        charset="utf8mb4",
        **encryption,
    )
