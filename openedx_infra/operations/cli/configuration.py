"""Arguments of `config get`, `config set`, `migrate-config` and `themes`."""

from __future__ import annotations

from typing import Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, Json, StackName, Yes, confirm, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()
config_app = typer.Typer(help="Configuration of a stack, key by key.", no_args_is_help=True)
app.add_typer(config_app, name="config")

Key = Annotated[
    str, typer.Argument(help="A key, such as site.name, sizing.lms or settings.common.TIME_ZONE.")
]


@config_app.command()
def get(
    key: Annotated[
        str,
        typer.Argument(help="A key such as site.name or sizing.lms, or a setting such as lms.PLATFORM_NAME."),
    ],
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    json: Json = False,
) -> None:
    """Print the value in force, default or not, and where it comes from; secrets are masked.

    A single value goes to standard output alone, and its origin to standard error.
    """
    from openedx_infra.operations.configuration import commands

    commands.get(stack, config_file, key, new_console(), new_console(error=True), as_json=json)


@config_app.command("set")
def set_value(
    key: Key,
    value: Annotated[str, typer.Argument(help="As in a stack file: text, 3, true, [a, b] or {name: value}.")],
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Set a key in the stack file, comments and all else as they are. What would be wrong is not written."""
    from openedx_infra.operations.configuration import commands

    commands.set_value(stack, config_file, key, value, new_console(), new_console(error=True))


@app.command("migrate-config")
def migrate_config(
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    yes: Yes = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with code 1 if a key is to be renamed.")
    ] = False,
) -> None:
    """Rename the keys of a stack file that are called otherwise now, comments and all else as they are.

    Shows the diff and asks. Secrets stay encrypted as they are.
    """
    from openedx_infra.operations.configuration import migrate

    ask = None if yes else confirm
    if migrate.migrate(stack, config_file, new_console(), ask, only_check=check) and check:
        raise typer.Exit(1)


@app.command()
def themes(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """List the themes in the image, the site's marked. Exits with code 1 when the site's is not among them.

    `config set site.theme NAME` chooses one.
    """
    from openedx_infra.operations.configuration import themes as verb
    from openedx_infra.operations.stack_files.stack_file import read

    if not verb.show(read(stack, config_file), new_console(), new_console(error=True)):
        raise typer.Exit(1)
