"""The verbs forum status, migrate and delete-mongodb."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.users_and_courses.platform_script import platform

SCRIPT = "forum.py"
_COLUMNS = ("threads", "comments", "moved", "left_out", "missing", "in_mysql", "backend")


def unmoved(courses: Sequence[Mapping[str, Any]]) -> list[str]:
    """Courses whose discussions are not all in MySQL, or that still read MongoDB."""
    return [each["course"] for each in courses if each["missing"] or each["backend"] == "mongodb"]


def courses_in_mongodb(stack: str, config_file: Path | None) -> list[dict[str, Any]]:
    """What MongoDB has of discussions, course by course. Raises OperationError where nobody can be asked."""
    answer = platform(stack, config_file, "lms").ask(SCRIPT, {"action": "status"})
    found: list[dict[str, Any]] = answer["courses"]
    return found


def show(stack: str, config_file: Path | None, console: Console, *, as_json: bool = False) -> None:
    """Print what MongoDB has of discussions, and how much of it is in MySQL."""
    courses = courses_in_mongodb(stack, config_file)
    if as_json:
        print(json.dumps(courses, indent=2))
    else:
        _print(courses, console)


def migrate(stack: str, config_file: Path | None, courses: Sequence[str], console: Console) -> None:
    """Copy discussions to MySQL, compare both, and let courses read MySQL of which nothing is missing.

    Raises OperationError where something is missing: those courses go on to read MongoDB.
    """
    done = platform(stack, config_file, "lms").ask(
        SCRIPT,
        {"action": "migrate", "courses": list(courses)},
        on_line=lambda line: console.out(f"  {line}", highlight=False),
    )["courses"]
    _print(done, console)
    if wrong := unmoved(done):
        raise OperationError(
            f"MySQL lacks posts of {', '.join(wrong)}, which go on to read MongoDB. Nothing was lost.",
            remedy="read what the platform printed above, and run the same command again: it copies what is "
            "missing only",
        )


def delete(
    stack: str,
    config_file: Path | None,
    courses: Sequence[str],
    console: Console,
    *,
    unmoved: bool,
    confirm: Callable[[str], bool] | None,
) -> None:
    """Delete discussions from MongoDB that MySQL has; with `unmoved`, also those that it lacks."""
    which = ", ".join(courses) or "all courses"
    what = "whatever MySQL has of it" if unmoved else "which MySQL has"
    if confirm and not confirm(f"Delete the discussions of {which} from MongoDB, {what}?"):
        return
    request = {"action": "delete", "courses": list(courses), "unmoved": unmoved}
    done = platform(stack, config_file, "lms").ask(SCRIPT, request)["courses"]
    console.print(f"Discussions of {len(done)} courses are deleted from MongoDB.", highlight=False)


def _print(courses: Sequence[Mapping[str, Any]], console: Console) -> None:
    if not courses:
        console.print("MongoDB has no discussions.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Course")
    for column in _COLUMNS:
        table.add_column(column.replace("_", " "), justify="left" if column == "backend" else "right")
    for each in courses:
        table.add_row(each["course"], *(str(each[column]) for column in _COLUMNS))
    console.print(table)
