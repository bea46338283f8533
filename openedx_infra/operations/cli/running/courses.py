"""Arguments of `courses import`, `courses export`, `courses list` and `courses reindex`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, Json, StackName, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer(help="Courses of the site.", no_args_is_help=True)


@app.command("import")
def import_course(
    source: Annotated[
        str | None,
        typer.Argument(help="Folder, .tar.gz, address of a Git repository, or backup of a library (.zip)."),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="The demo course of the stack's release.")] = False,
    path: Annotated[str | None, typer.Option(help="Folder of the course in it, if it has several.")] = None,
    ref: Annotated[str | None, typer.Option(help="Branch or tag of the repository.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a course that exists.")] = False,
    team: Annotated[
        list[str] | None, typer.Option(help="User who becomes its administrator in Studio; may be repeated.")
    ] = None,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Import a course in OLX, as Studio exports it, and publish it; or a content library."""
    from openedx_infra.operations.users_and_courses import courses as verb

    if demo == (source is not None) or (demo and (path or ref)):
        raise typer.BadParameter("name a folder, an archive or a repository, or use --demo alone")
    if source is None:
        verb.import_demo(stack, config_file, new_console(), replace=replace, team=team or [])
        return
    verb.import_course(
        stack, config_file, source, new_console(), path=path, ref=ref, replace=replace, team=team or []
    )


@app.command("export")
def export_course(
    course: Annotated[str, typer.Argument(help="Key, such as course-v1:OpenedX+DemoX+DemoCourse.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write. Default: ORG-COURSE-RUN.tar.gz.")
    ] = None,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Write a course with its files to a .tar.gz that Studio imports."""
    from openedx_infra.operations.users_and_courses import courses as verb

    verb.export_course(stack, config_file, course, output, new_console())


@app.command("list")
def list_courses(
    stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, json: Json = False
) -> None:
    """Show all courses."""
    from openedx_infra.operations.users_and_courses import courses as verb

    verb.show(stack, config_file, new_console(), as_json=json)


@app.command()
def reindex(
    courses: Annotated[list[str] | None, typer.Argument(help="Keys of courses. Default: all.")] = None,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Fill the search index of courses anew; without names also that of Studio."""
    from openedx_infra.operations.users_and_courses import courses as verb

    verb.reindex(stack, config_file, courses or [], new_console())
