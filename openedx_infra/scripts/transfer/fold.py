"""Adds the history of answers of a second database to that of the main one."""

from . import target
from .record import TABLE, Record
from .target import Refused, quoted, step

PLACE = "fold"
"""Word for a database of a dump that is to be folded in."""
EXTENDED = "coursewarehistoryextended_studentmodulehistoryextended"
"""The only table of that database with data of its own."""
HISTORY = "courseware_studentmodulehistory"
COLUMNS = ("version", "created", "state", "grade", "max_grade", "student_module_id")
"""What both tables have; ids are given anew."""


def fold(record: Record) -> int:
    """Fold in what was loaded for it, once, whatever kills it; return the number of rows."""
    database = target.staging(target.aliases()["main"])
    name = f"main.{EXTENDED}"
    done = record.done("table").get(name)
    if done is None or not done[1].get("fold"):
        return 0
    extended, history = (f"{quoted(database)}.{quoted(each)}" for each in (EXTENDED, HISTORY))
    if "folded" not in record.done("switch"):
        step("adding the history of the second database to that of the first")
        columns = ", ".join(COLUMNS)
        cursor = record.connection.cursor()
        before = _count(record, history)
        # One transaction with its record: rows that were added twice would be told from none.
        cursor.execute(f"INSERT INTO {history} ({columns}) SELECT {columns} FROM {extended}")
        cursor.execute(f"REPLACE INTO {TABLE} VALUES ('switch', 'folded', '', '{{}}')")
        cursor.execute(f"SELECT COUNT(*) FROM {history}")
        after = int(cursor.fetchone()[0])
        if after != before + int(done[1]["rows"]):
            record.connection.rollback()
            raise Refused(f"{after - before} rows of the history were added, and {done[1]['rows']} came.")
        record.connection.commit()
    record.execute(f"DROP TABLE IF EXISTS {extended}")
    record.forget("table", name)
    return int(done[1]["rows"])


def _count(record: Record, table: str) -> int:
    return int(record.execute(f"SELECT COUNT(*) FROM {table}")[0][0])
