"""Arguments of `forum status`, `forum migrate` and `forum delete-mongodb`."""

from __future__ import annotations

from typing import Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, Json, StackName, Yes, confirm, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer(help="Discussions that are still in MongoDB.", no_args_is_help=True)

Courses = Annotated[
    list[str] | None, typer.Argument(metavar="[COURSE]...", help="Courses. Default: all that MongoDB has.")
]


@app.command()
def status(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, json: Json = False) -> None:
    """Show, course by course, what MongoDB has of discussions, and how much of it is in MySQL."""
    from openedx_infra.operations.users_and_courses import forum as verb

    verb.show(stack, config_file, new_console(), as_json=json)


@app.command()
def migrate(
    courses: Courses = None, stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None
) -> None:
    """Copy discussions from MongoDB to MySQL, compare them, and let the courses read MySQL."""
    from openedx_infra.operations.users_and_courses import forum as verb

    verb.migrate(stack, config_file, courses or [], new_console())


@app.command("delete-mongodb")
def delete_mongodb(
    courses: Courses = None,
    unmoved: Annotated[
        bool, typer.Option("--unmoved", help="Also what MySQL doesn't have: it is lost.")
    ] = False,
    yes: Yes = False,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Delete discussions from MongoDB that MySQL has. It asks before."""
    from openedx_infra.operations.users_and_courses import forum as verb

    ask = None if yes else confirm
    verb.delete(stack, config_file, courses or [], new_console(), unmoved=unmoved, confirm=ask)
