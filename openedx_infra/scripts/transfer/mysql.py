"""Loads a dump of MySQL into a database beside the one in use, table by table, and puts it in its place."""

from collections.abc import Mapping
from typing import IO, Any

from . import fold, sql_stream, sums, target
from .record import TABLE, Record
from .sql_stream import Statement
from .target import UNTOUCHED, Refused, quoted, step

DUPLICATE = 1062
"""MySQL's code for a row that a unique index refuses."""
FULL = (28, 1021, 1114, 3)
"""Its codes for a disk that is full."""
PIECE = 16 * 2**20
"""Bytes of a table after which what was loaded of it goes to disk."""
MOST_SHOWN = 5
"""Values of duplicates that are shown of each index."""


class Loader:
    """Loads one dump. What is done of an earlier run is passed over, if it came from the same source."""

    def __init__(
        self, record: Record, databases: Mapping[str, str], identity: str, identities: Mapping[str, str]
    ) -> None:
        """`databases`: which of ours (`main`, `history`) each database of the dump is; one that is not named
        is passed over. `identity`: what tells this source from another, or from a later one;
        `identities`: the same of single tables."""
        self._record = record
        self._databases = databases
        self._identity, self._identities = identity, identities
        self._aliases = target.aliases()
        self._place = next(iter(databases.values()), "main")
        self._wanted = True
        self._connection: Any = None
        self._done = record.done("table")
        self._table: _Table | None = None
        self.answer: dict[str, Any] = {
            "tables": 0, "passed_over": 0, "left_out": [], "mended": [], "seen": []
        }  # fmt: skip
        self.faults: list[str] = []

    def load(self, stream: IO[bytes]) -> dict[str, Any]:
        """Load a stream to its end. Raises Refused for one that is cut short, or that holds duplicates."""
        ended = False
        for each in sql_stream.statements(stream):
            ended = ended or each.kind == "end"
            self._take(each)
        if not ended:
            raise Refused(
                "The dump is cut short: the line with which mysqldump ends is missing. What came whole is "
                f"kept for the next run. {UNTOUCHED}\n  what to do: look for the error of "
                "mysqldump (`-- Dump completed` must be the last line of its file), dump again, and run the "
                "same command"
            )
        self._finish()
        if self.faults:
            raise Refused(
                "Rows of the old site can't be kept under today's unique indexes. "
                f"{UNTOUCHED}\n  "
                + "\n  ".join(self.faults)
                + "\n  what to do: settle on the old site which of "
                "the rows stays, dump again, and run the same command"
            )
        return self.answer

    def _take(self, each: Statement) -> None:
        if each.kind == "database":
            self._finish()
            self._wanted = each.name in self._databases
            if self._wanted:
                self._place, self._connection = self._databases[each.name], None
            elif each.name not in self.answer["left_out"]:
                self.answer["left_out"].append(f"database {each.name}")
        elif each.kind == "skipped" and self._wanted:
            self.answer["left_out"].append(each.name)
        elif each.kind == "create" and self._wanted:
            self._finish()
            self._begin(each)
        elif each.kind == "insert" and self._wanted and self._table is not None:
            self._table.insert(each.text)

    def _begin(self, each: Statement) -> None:
        """A table begins. One of an earlier run that was not finished begins anew."""
        if self._place == fold.PLACE and each.name != fold.EXTENDED:
            return
        full = f"{self._ours()}.{each.name}"
        self.answer["seen"].append(full)
        if self._done.get(full, ("", None))[0] == self._identity_of(each.name):
            self.answer["passed_over"] += 1
            return
        if each.name == TABLE:
            raise Refused(f"The dump has the table {TABLE}, which this program makes: it is of an import.")
        if self._connection is None:
            self._connection = self._opened()
        text, notes = sql_stream.mended(each.text)
        self.answer["mended"] += [f"{each.name}: {note}" for note in notes]
        self._record.forget("table", full)
        self._table = _Table(self._connection, full, each.name, text)

    def _ours(self) -> str:
        """Which of our databases the tables go to."""
        return "main" if self._place == fold.PLACE else self._place

    def _identity_of(self, table: str) -> str:
        return self._identities.get(table, self._identity)

    def _opened(self) -> Any:
        if self._ours() not in self._aliases:
            raise Refused(
                "The source has a second database with the history of answers, and the instance has none. "
                "Nothing was changed.\n  what to do: set openedx:datastores.mysql.history_database, and run "
                "`openedx-infra up`; or add it to the main database by --fold-history"
            )
        alias = self._aliases[self._ours()]
        connection = target.mysql(alias)
        name = quoted(target.staging(alias))
        cursor = connection.cursor()
        cursor.execute(
            f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
        )
        cursor.execute(f"USE {name}")
        return connection

    def _finish(self) -> None:
        """A table has ended: count it, and note that it is done."""
        table, self._table = self._table, None
        if table is None:
            return
        rows, totals = table.finished()
        if table.duplicates:
            self.faults += table.duplicates
            return
        content = {"rows": rows, "sums": totals, "fold": self._place == fold.PLACE}
        self._record.put("table", table.full, self._identity_of(table.name), content)
        self.answer["tables"] += 1


class _Table:
    """One table while it is filled."""

    def __init__(self, connection: Any, full: str, name: str, create: bytes) -> None:
        self.full, self.name = full, name
        self.columns = sql_stream.columns(create)
        self.duplicates: list[str] = []
        self._uniques = sql_stream.uniques(create)
        self._counter = sums.Counter(self.columns)
        self._connection, self._cursor = connection, connection.cursor()
        self._dropped: dict[str, list[str]] = {}
        self._bytes = 0
        self._run(f"DROP TABLE IF EXISTS {quoted(name)}".encode())
        self._run(create)

    def insert(self, text: bytes) -> None:
        """Load one statement. An index that refuses one of its rows is taken away, so that all such rows of
        all tables are found in one run."""
        self._counter.add(text)
        while True:
            try:
                self._run(text)
                break
            except Exception as error:
                if not (error.args and error.args[0] == DUPLICATE and self._without_index(error)):
                    raise
        self._bytes += len(text)
        if self._bytes >= PIECE:
            self._connection.commit()
            self._bytes = 0

    def _without_index(self, error: Exception) -> bool:
        """Take the index away that refused a row; whether there was one."""
        words = str(error.args[1])
        for index, columns in self._uniques.items():
            if index not in self._dropped and (f"'{index}'" in words or f".{index}'" in words):
                self._dropped[index] = columns
                self._run(f"ALTER TABLE {quoted(self.name)} DROP INDEX {quoted(index)}".encode())
                return True
        return False

    def _run(self, sql: bytes) -> None:
        try:
            self._cursor.execute(sql)
        except Exception as error:
            if error.args and error.args[0] in FULL:
                raise Refused(
                    f"The disk of MySQL is full at table {self.name}. {UNTOUCHED} What was loaded is "
                    "kept.\n  what to do: give its volume more room "
                    "(openedx:datastores.mysql.storage), and run the same command: it goes on from here"
                ) from error
            raise

    def finished(self) -> tuple[int, sums.Sums]:
        """Rows and sums of what came. Raises Refused where the server has others."""
        self._connection.commit()
        for index, columns in self._dropped.items():
            self.duplicates.append(self._duplicates(index, columns))
        there = self._counter.sums()
        rows, here = sums.in_table(self._cursor, self.name, self.columns)
        lines = [*sums.differences(there, here)]
        if rows != self._counter.rows:
            lines.insert(0, f"{rows} rows here, {self._counter.rows} there")
        if lines:
            raise Refused(
                f"Table {self.name} is not what came: {'; '.join(lines)}. {UNTOUCHED}\n"
                "  what to do: dump it again, and run the same command"
            )
        return rows, there

    def _duplicates(self, index: str, columns: list[str]) -> str:
        names = ", ".join(map(quoted, columns))
        self._cursor.execute(
            f"SELECT {names}, COUNT(*) FROM {quoted(self.name)} GROUP BY {names} HAVING COUNT(*) > 1 "
            f"LIMIT {MOST_SHOWN}"
        )
        shown = [f"{row[-1]} times {', '.join(map(str, row[:-1]))}" for row in self._cursor.fetchall()]
        return f"{self.name}, index {index} of {', '.join(columns)}: {'; '.join(shown)}"


def load(
    stream: IO[bytes], databases: Mapping[str, str], identity: str, identities: Mapping[str, str]
) -> dict[str, Any]:
    """Load a dump beside what is in use."""
    answer = Loader(Record(), databases, identity, identities).load(stream)
    step(f"{answer['tables']} tables are loaded, {answer['passed_over']} were there")
    return answer
