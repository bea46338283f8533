"""Deletes learners and all that is theirs, so that courses and what authors made stay."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .backup_parameters import Refused

USERS = ("auth_user", "core_user")
"""Tables of users: of the platform, and of services with their own."""
OF_LEARNERS = (
    *("user_id", "student_id", "learner_id", "lms_user_id", "anonymous_user_id"),
    *("username", "email", "user_email", "enrolled_email"),
)
"""Columns by which a row is a learner's, where no foreign key does that."""
BEGINNINGS = (
    *("submissions_", "assessment_", "workflow_", "forum_", "grades_persistent", "grades_visibleblocks"),
    *("coursewarehistoryextended_", "bulk_email_courseemail", "queue_submission", "instructor_task_"),
)
"""Tables whose rows are learners', or are about them, whatever columns they have."""
SETTINGS = "grades_persistentgradesenabledflag"
"""A table that begins so, and is the site's."""


def deleted(cursor: Any, tables: Mapping[str, Sequence[Any]], kept: Sequence[str]) -> list[str]:
    """Delete all users but those who are kept, by name, and rows that are theirs. Where a row is not theirs
    but names one, such as who changed a setting, it names nobody. Returns the emptied tables."""
    refers = list(_references(cursor))
    emptied = {table for table, columns in tables.items() if _is_learners(table, columns, refers)}
    nullable = {(table, each.name) for table, columns in tables.items() for each in columns if each.nullable}
    for table in sorted(emptied):
        cursor.execute(f"DELETE FROM `{table}`")
    for users in (each for each in USERS if each in tables):
        others = f"WHERE username NOT IN ({', '.join(['%s'] * len(kept))})" if kept else ""
        cursor.execute(f"DELETE FROM `{users}` {others}", tuple(kept))
    _orphans(cursor, refers, nullable)
    return sorted(emptied)


def _is_learners(table: str, columns: Sequence[Any], refers: Sequence[tuple[str, str, str, str]]) -> bool:
    """Whether a table is emptied: it is learners' by its name, or by a column without a foreign key."""
    if table in (*USERS, SETTINGS):
        return False
    keys = {column for owner, column, _, _ in refers if owner == table}
    found = any(each.name in OF_LEARNERS and each.name not in keys for each in columns)
    return found or table.startswith(BEGINNINGS)


def _references(cursor: Any) -> Iterator[tuple[str, str, str, str]]:
    """Foreign keys: table, column, and the table and column that they refer to."""
    cursor.execute(
        "SELECT table_name, column_name, referenced_table_name, referenced_column_name "
        "FROM information_schema.key_column_usage WHERE table_schema = DATABASE() "
        "AND referenced_table_name IS NOT NULL AND referenced_table_schema = DATABASE()"
    )
    for row in cursor.fetchall():
        table, column, other, key = (str(each) for each in row)
        yield table, column, other, key


def _orphans(
    cursor: Any, refers: Sequence[tuple[str, str, str, str]], nullable: set[tuple[str, str]]
) -> None:
    """Follow foreign keys from rows that are gone, until every key refers to a row again."""
    for _ in range(len(refers) + 1):
        changed = 0
        for table, column, other, key in refers:
            # In a table of its own, as MySQL changes none that it reads from.
            present = f"SELECT k FROM (SELECT `{key}` AS k FROM `{other}`) AS present"
            lost = f"`{column}` IS NOT NULL AND `{column}` NOT IN ({present})"
            act = f"UPDATE `{table}` SET `{column}` = NULL" if (table, column) in nullable else ""
            cursor.execute(f"{act or f'DELETE FROM `{table}`'} WHERE {lost}")
            changed += int(cursor.rowcount)
        if not changed:
            return
    raise Refused("rows still refer to others that are gone")
