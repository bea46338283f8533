"""What of an import is done: a table beside what was loaded, so that it lives and dies with it."""

import json
from collections.abc import Mapping
from typing import Any

from . import target
from .target import Refused, quoted

TABLE = "_openedx_infra_import"
_CREATE = (
    f"CREATE TABLE IF NOT EXISTS {TABLE} (kind VARCHAR(16) NOT NULL, name VARCHAR(190) NOT NULL, identity "
    "VARCHAR(255) NOT NULL, content LONGTEXT NOT NULL, PRIMARY KEY (kind, name)) CHARACTER SET utf8mb4 "
    "COLLATE utf8mb4_bin"
)
DENIED = (1044, 1227)
"""MySQL's codes for rights that a user lacks."""


class Record:
    """The record of one import. Every line of it is on disk when a method returns."""

    def __init__(self) -> None:
        """Raises Refused where the platform's user may not make the database that it needs."""
        alias = target.aliases()["main"]
        self.connection = target.mysql(alias)
        name = target.staging(alias)
        made = (
            f"CREATE DATABASE IF NOT EXISTS {quoted(name)} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
        )
        try:
            self.execute(made)
        except Exception as error:
            if error.args and error.args[0] in DENIED:
                raise Refused(rights(name, str(alias["USER"]))) from error
            raise
        self.execute(f"USE {quoted(name)}")
        self.execute(_CREATE)

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Rows of an answer."""
        cursor = self.connection.cursor()
        cursor.execute(sql, values or None)
        found = list(cursor.fetchall())
        self.connection.commit()
        return found

    def done(self, kind: str) -> dict[str, tuple[str, Any]]:
        """Identity and content of what is done, by name."""
        rows = self.execute(f"SELECT name, identity, content FROM {TABLE} WHERE kind = %s", (kind,))
        return {str(name): (str(identity), json.loads(content)) for name, identity, content in rows}

    def put(self, kind: str, name: str, identity: str, content: Mapping[str, Any]) -> None:
        """Note that something is done."""
        self.execute(
            f"REPLACE INTO {TABLE} VALUES (%s, %s, %s, %s)", (kind, name, identity, json.dumps(content))
        )

    def forget(self, kind: str, name: str) -> None:
        """Note that it is not done any more."""
        self.execute(f"DELETE FROM {TABLE} WHERE kind = %s AND name = %s", (kind, name))


def rights(database: str, user: str) -> str:
    """What to do where the user lacks rights."""
    return (
        f"{user} may not make the database {database}, which holds what is imported until it is whole. "
        f"{target.UNTOUCHED}\n  what to do: run `openedx-infra up`, which gives the right where the "
        "program makes the users; on a server of somebody else's its administrator runs: "
        f"GRANT ALL PRIVILEGES ON `{database.replace('_', chr(92) + '_')}`.* TO '{user}'@'%';"
    )
