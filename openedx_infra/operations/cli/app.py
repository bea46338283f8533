"""The command `openedx-infra`: puts the verbs of all rooms together, and prints errors for people."""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated

import typer

from openedx_infra.operations.cli import (
    certificates,
    configuration,
    deploy,
    engine,
    images,
    init,
    offline,
    platform_tests,
    secrets,
    state,
    versions,
)
from openedx_infra.operations.cli.development import group as development
from openedx_infra.operations.cli.options import (
    new_console,
)
from openedx_infra.operations.cli.report import verbs as report
from openedx_infra.operations.cli.running import (
    backups,
    cluster,
    courses,
    forum,
    maintenance,
    pods,
    shells,
    support,
    users,
    xqueue,
)

DEBUG_VARIABLE = "OPENEDX_INFRA_DEBUG"
"""Environment variable that shows the traceback of what went wrong unexpectedly."""

app = typer.Typer(
    help="Open edX on Kubernetes: a stack file becomes a running site, or what many sites share.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (
    init,
    versions,
    deploy,
    cluster,
    pods,
    shells,
    maintenance,
    configuration,
    offline,
    report,
    engine,
    platform_tests,
    backups,
    support,
):
    app.add_typer(group.app)
app.add_typer(secrets.app, name="secrets")
app.add_typer(state.app, name="state")
app.add_typer(images.app, name="images")
app.add_typer(certificates.app, name="certificates")
app.add_typer(users.app, name="users")
app.add_typer(xqueue.app, name="xqueue")
app.add_typer(courses.app, name="courses")
app.add_typer(forum.app, name="forum")
app.add_typer(development.app, name="dev")


@app.callback()
def _options(debug: Annotated[bool, typer.Option(help="Show tracebacks.")] = False) -> None:
    if debug:
        os.environ[DEBUG_VARIABLE] = "1"


def main() -> None:
    """Run a command. What the user, the configuration or the deployment did wrong is a message and code 1."""
    # A command makes hundreds of thousands of objects and hardly any garbage; looking for it after every 700
    # took a sixth of the CPU of `check`.
    gc.set_threshold(100_000)
    try:
        app(prog_name="openedx-infra")
    except Exception as error:
        print_error(error)
        sys.exit(1)


def print_error(error: Exception) -> None:
    """Print an error for people; one that nobody foresaw is raised again when debugging."""
    if os.environ.get(DEBUG_VARIABLE):
        raise error
    new_console(error=True).print(_message(error), style="red", markup=False, highlight=False, soft_wrap=True)


def _message(error: Exception) -> str:
    from openedx_infra.config import ConfigError
    from openedx_infra.operations.errors import OperationError
    from tools.errors import ToolError

    if isinstance(error, ConfigError | OperationError | ToolError):
        return str(error)
    if isinstance(error, OSError) and error.filename:
        from openedx_infra.operations.stack_files.whole_write import unusable

        return str(unusable(error))
    return (
        f"Unexpected {type(error).__name__}: {error}\nThis is a fault of the program. "
        f"With `openedx-infra --debug …` it shows where it happened."
    )
