"""Arguments of `up`, `upgrade plan`, `rollback`, `switch` and `releases`."""

from __future__ import annotations

from typing import Annotated

import typer

from openedx_infra.operations.cli.options import (
    ConfigFile,
    Json,
    Refresh,
    StackName,
    Yes,
    confirm,
    new_console,
)
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()
upgrade_app = typer.Typer(help="Go from one named release to the next.", no_args_is_help=True)
app.add_typer(upgrade_app, name="upgrade")


Write = Annotated[bool, typer.Option(help="Also write it into the stack file.")]


@app.command()
def up(
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    refresh: Refresh = False,
    yes: Yes = False,
) -> None:
    """Bring the stack up, or change it to what its file says.

    A stack that names a cluster is previewed first, and you are asked, unless --yes is given. Between
    releases that can't run side by side, visitors get the maintenance page.
    """
    from openedx_infra.operations.stack_files import stack_file
    from openedx_infra.operations.versions import upgrade

    request = upgrade.Request(name=stack, config_file=config_file)
    file = stack_file.read(stack, config_file)
    if "development" in file.values:
        from openedx_infra.operations.development.clones import clone_missing

        clone_missing(stack_file.instance(file, placeholders=True), new_console())
    ask = None if yes or file.local else confirm
    upgrade.up(request, new_console(), confirm=ask, refresh=refresh)


@app.command()
def rollback(
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    back: Annotated[int, typer.Option(help="How many versions to go back.", min=1)] = 1,
    accept_database: Annotated[
        bool, typer.Option(help="Return even if the database was changed, or can't be checked.")
    ] = False,
    write: Write = False,
    yes: Yes = False,
) -> None:
    """Return to the previous images and settings. The database and the secrets stay as they are.

    It is refused when the previous code can't work with what migrations have done since.
    """
    from openedx_infra.operations.versions import rollback as verb

    request = verb.Request(name=stack, config_file=config_file)
    options = verb.Options(back=back, accept_database=accept_database, write=write)
    verb.rollback(request, new_console(), options, confirm=None if yes else confirm)


@app.command()
def switch(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, yes: Yes = False) -> None:
    """Send visitors to the other of two versions, blue or green, and write that into the stack file."""
    from openedx_infra.operations.versions import switch as verb

    request = verb.Request(name=stack, config_file=config_file)
    verb.switch(request, new_console(), confirm=None if yes else confirm)


@app.command()
def releases(
    json: Json = False,
    differences: Annotated[bool, typer.Option(help="Only what differs between them.")] = False,
) -> None:
    """Show the releases of Open edX that can be deployed, side by side."""
    from openedx_infra.operations.versions.releases import show

    show(new_console(), json=json, differences=differences)


@app.command()
def promote(
    source: Annotated[str, typer.Argument(help="Stack whose release and images travel, such as staging.")],
    target: Annotated[str, typer.Argument(help="Stack whose file gets them, such as prod.")],
    key: Annotated[
        list[str] | None, typer.Option(help="Further key that travels; may be repeated. Never a secret.")
    ] = None,
    by_tag: Annotated[bool, typer.Option(help="Let images travel that run by a tag alone.")] = False,
    write: Annotated[bool, typer.Option(help="Change the target's stack file.")] = False,
) -> None:
    """Show what runs in one stack and not yet in another: release, images by digest, keys that you name.

    It is refused while the source isn't ready, or its last `up` failed.
    """
    from openedx_infra.operations.versions import promote as verb

    options = verb.Options(keys=key or (), by_tag=by_tag, write=write)
    verb.promote(source, target, options, new_console())


@app.command()
def history(
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    json: Json = False,
    limit: Annotated[int, typer.Option(help="How many of the newest runs.", min=1, max=500)] = 20,
) -> None:
    """Show who changed the stack when, from which commit, and which keys of its file differed."""
    from openedx_infra.operations.versions import past_runs

    request = past_runs.Request(name=stack, config_file=config_file)
    past_runs.show(request, new_console(), as_json=json, most=limit)


@upgrade_app.command("plan")
def plan_upgrade(
    to: Annotated[str, typer.Option(help="Release to go to, as `releases` lists them.")],
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    json: Json = False,
) -> None:
    """Show what an upgrade takes: blockers first, each with what to do. Nothing is changed.

    The exit code is 1 while anything blocks it.
    """
    from openedx_infra.operations.versions import show_plan

    request = show_plan.Request(name=stack, config_file=config_file)
    if not show_plan.show(request, to, new_console(), as_json=json):
        raise typer.Exit(1)
