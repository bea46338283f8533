"""The verbs courses import, export, list and reindex."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.users_and_courses.platform_script import live_release, platform
from openedx_infra.operations.users_and_courses.sources import DEMO, DEMO_PATH, is_backup, opened

SCRIPT = "courses.py"
LIBRARIES = "libraries.py"


def import_course(
    stack: str,
    config_file: Path | None,
    source: str,
    console: Console,
    *,
    path: str | None = None,
    ref: str | None = None,
    replace: bool = False,
    team: Sequence[str] = (),
) -> None:
    """Import a course from a folder, an archive or a Git repository into Studio, which publishes it.

    A legacy library is imported in the same way, and any other library from its backup, a .zip. `team` has
    names of users who become administrators in Studio; a library needs one.
    """
    studio = platform(stack, config_file, "cms")
    request: dict[str, object] = {"action": "import", "team": list(team)}
    backup = is_backup(source)
    if not backup:
        request |= {"path": path, "replace": replace}
    with opened(source, ref) as archive:
        done = studio.ask(
            LIBRARIES if backup else SCRIPT,
            request,
            data=archive,
            on_line=lambda line: console.out(f"  {line}", highlight=False),
        )
    was = "replaced" if done["replaced"] else "imported"
    what = f"Course {done['course']}" if "course" in done else f"Library {done['library']}"
    end = f"is {was} and published." if "course" in done else f"is {was}."
    console.print(f"{what} {end}", highlight=False, soft_wrap=True)
    if left_out := done.get("left_out"):
        console.print(
            "Without these parts, which the platform could not read:", highlight=False, soft_wrap=True
        )
        for part in left_out:
            console.print(f"  {part}", highlight=False, soft_wrap=True, markup=False)


def import_demo(
    stack: str,
    config_file: Path | None,
    console: Console,
    *,
    replace: bool = False,
    team: Sequence[str] = (),
) -> None:
    """Import the demo course of the release that visitors reach."""
    release = live_release(stack, config_file).name
    ref = "master" if release == "master" else f"release/{release}"
    import_course(stack, config_file, DEMO, console, path=DEMO_PATH, ref=ref, replace=replace, team=team)


def export_course(
    stack: str, config_file: Path | None, course: str, output: Path | None, console: Console
) -> None:
    """Write a course, as Studio exports it, to a file that is whole or not there at all."""
    studio = platform(stack, config_file, "cms")
    path = output or Path(f"{course.partition(':')[2].replace('+', '-') or 'course'}.tar.gz")
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            done = studio.ask(SCRIPT, {"action": "export", "course": course}, to=file)
        if part.stat().st_size != done["size"]:
            raise OperationError(f"The export of {course} came in part only.", remedy="try it again")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    console.print(f"{path} has course {done['course']}.", highlight=False, soft_wrap=True)


def show(stack: str, config_file: Path | None, console: Console, *, as_json: bool = False) -> None:
    """Print all courses."""
    courses = platform(stack, config_file, "cms").ask(SCRIPT, {"action": "list"})["courses"]
    if as_json:
        print(json.dumps(courses, indent=2))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Course", "Name", "Start", "End"):
        table.add_column(column)
    for course in courses:
        table.add_row(course["course"], course["name"], _day(course["start"]), _day(course["end"]))
    console.print(table if courses else "There are no courses yet.")


def reindex(stack: str, config_file: Path | None, courses: Sequence[str], console: Console) -> None:
    """Fill the search index of some courses anew, or of all courses and of Studio."""
    studio = platform(stack, config_file, "cms")
    steps = live_release(stack, config_file).studio_index
    done = studio.ask(
        SCRIPT,
        {"action": "reindex", "courses": list(courses), "studio_index": steps},
        on_line=lambda line: console.out(f"  {line}", highlight=False),
    )
    console.print(f"Courses indexed: {done['indexed']}.")
    if done["studio"]:
        console.print("Studio's own index is filled, or a task of its workers that does it was begun.")
    if done["failed"]:
        lines = [f"{course}: {error}" for course, error in done["failed"].items()]
        raise OperationError("These courses could not be indexed:" + "".join(f"\n  {line}" for line in lines))


def _day(value: object) -> str:
    return str(value)[:10] if value else ""
