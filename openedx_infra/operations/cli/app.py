"""What can one type after `openedx-infra`? Arguments and printing only; each verb has a file of its own."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from openedx_infra.operations.cli import backups, certificates, images, support, versions
from openedx_infra.operations.cli.options import (
    ConfigFile,
    Json,
    Refresh,
    ShowSecrets,
    StackName,
    Yes,
    confirm,
    speaker,
)
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

DEBUG_VARIABLE = "OPENEDX_INFRA_DEBUG"
"""Environment variable that shows the traceback of what went wrong unexpectedly."""

app = typer.Typer(
    help="Open edX on Kubernetes: a stack file becomes a running site, or what many sites share.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
secrets_app = typer.Typer(help="Passwords and keys of a stack.", no_args_is_help=True)
app.add_typer(secrets_app, name="secrets")
app.add_typer(images.app, name="images")
app.add_typer(certificates.app, name="certificates")
app.add_typer(backups.app)
app.add_typer(support.app)
app.add_typer(versions.app)


@app.callback()
def _options(debug: Annotated[bool, typer.Option(help="Show tracebacks.")] = False) -> None:
    if debug:
        os.environ[DEBUG_VARIABLE] = "1"


@app.command()
def up(
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    refresh: Refresh = False,
    yes: Yes = False,
) -> None:
    """Bring the stack up, or bring it to what its file says by now.

    A stack that names a cluster is previewed and asked about before, unless --yes is said. Between releases
    that can't run side by side, visitors get the maintenance page.
    """
    from openedx_infra.operations.stack_files import stack_file
    from openedx_infra.operations.versions import upgrade

    request = upgrade.Request(name=stack, config_file=config_file)
    ask = None if yes or stack_file.read(stack, config_file).local else confirm
    upgrade.up(request, speaker(), confirm=ask, refresh=refresh)


@app.command()
def preview(
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    refresh: Refresh = False,
    expect_no_changes: Annotated[bool, typer.Option(help="Fail when there is any change.")] = False,
) -> None:
    """Show what `up` would change."""
    from openedx_infra.operations.deploy import deploy

    request = deploy.Request(name=stack, config_file=config_file)
    deploy.preview(request, speaker(), refresh=refresh, unchanged=expect_no_changes)


@app.command()
def down(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Stop the embedded cluster. Its data stays, and the next `up` goes on with it."""
    from openedx_infra.operations.cluster import connection
    from openedx_infra.operations.errors import OperationError
    from openedx_infra.operations.stack_files.stack_file import read

    if not read(stack, config_file).local:
        raise OperationError(
            f"Stack {stack} names its own cluster, which is not ours to stop.",
            remedy=f"`openedx-infra destroy --stack {stack}` deletes what the stack made there",
        )
    connection.stop_embedded(speaker())


@app.command()
def destroy(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, yes: Yes = False) -> None:
    """Delete what the stack made, all but those that hold data and are protected."""
    from openedx_infra.operations.deploy import deploy

    request = deploy.Request(name=stack, config_file=config_file)
    deploy.destroy(request, speaker(), confirm=None if yes else confirm)


@app.command()
def outputs(
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    json: Json = False,
    show_secrets: ShowSecrets = False,
) -> None:
    """Print what the stack exports: addresses, namespace, images, configuration."""
    from openedx_infra.operations.deploy import outputs as verb

    verb.show(
        verb.Request(name=stack, config_file=config_file), speaker(), json=json, show_secrets=show_secrets
    )


@app.command()
def status(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None, json: Json = False) -> None:
    """Say what is ready, with the reason for what isn't. Ends with code 1 unless all is ready."""
    from openedx_infra.operations.cluster import status as verb
    from openedx_infra.operations.stack_files.stack_file import read, validated

    file = read(stack, config_file)
    if not verb.report(file, validated(file, placeholders=True), speaker(), json=json):
        raise typer.Exit(1)


@app.command()
def check(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Validate the stack offline: its configuration, all settings and objects, and the rules on them."""
    from openedx_infra.operations.offline import check as verb

    verb.show(verb.check(stack, config_file), speaker())


@app.command()
def render(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.")],
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    show_secrets: ShowSecrets = False,
) -> None:
    """Write the Kubernetes objects as YAML, one file each, secrets redacted."""
    from openedx_infra.operations.offline import render as verb

    console = speaker()
    written = verb.render(stack, config_file, output, show_secrets=show_secrets, console=speaker(error=True))
    console.print(f"{len(written)} objects written to {output}.", soft_wrap=True)


@app.command()
def env(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Print shell lines for working by hand: eval "$(openedx-infra env)"."""
    from openedx_infra.operations.engine import session
    from openedx_infra.operations.stack_files import stack_file

    for line in session.exports(stack_file.read(stack, config_file), speaker(error=True)):
        typer.echo(line)


@app.command()
def releases(
    json: Json = False,
    differences: Annotated[bool, typer.Option(help="Only what is not the same in all of them.")] = False,
) -> None:
    """Show the releases of Open edX that can be deployed, side by side."""
    from openedx_infra.operations.versions.releases import show

    show(speaker(), json=json, differences=differences)


@app.command()
def test_platform(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files and folders in edx-platform; after `--`, options of pytest. Default: all."
        ),
    ] = None,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    image: Annotated[
        str | None, typer.Option(help="Image with the tests' requirements. Default: the stack's.")
    ] = None,
    shard: Annotated[str | None, typer.Option(help="Part of the test files, such as 2/8.")] = None,
    cpu: Annotated[str, typer.Option(help="CPU to reserve.")] = "1",
    memory: Annotated[str, typer.Option(help="Memory that the tests may use.")] = "4Gi",
    minutes: Annotated[int, typer.Option(help="Time after which a suite is given up.", min=1)] = 120,
    reports: Annotated[Path, typer.Option(help="Folder for JUnit reports.")] = Path("build/platform-tests"),
) -> None:
    """Run edx-platform's own tests inside its image, in a namespace made for them; ends with their code."""
    from openedx_infra.operations.images.logins import Logins
    from openedx_infra.operations.platform_tests import manifests, platform_tests, suites
    from openedx_infra.operations.stack_files.stack_file import instance, read

    file = read(stack, config_file)
    described = instance(file, placeholders=True)
    plan = platform_tests.Plan(
        suites=suites.suites(paths or (), shard),
        images=platform_tests.images(described, image),
        resources=manifests.Resources(cpu=cpu, memory=memory, minutes=minutes),
        logins=Logins(file, described, speaker(error=True)).own(),
        reports=reports,
    )
    raise typer.Exit(platform_tests.run(file, described, plan, speaker()))


@secrets_app.command("list")
def list_secrets(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Show the secrets that the stack needs, which of them are there, and what rotating one does."""
    from openedx_infra.operations.secrets import commands

    commands.show(stack, config_file, speaker())


@secrets_app.command()
def generate(stack: StackName = DEFAULT_STACK, config_file: ConfigFile = None) -> None:
    """Make the secrets that are missing, and write them, encrypted, into the stack file."""
    from openedx_infra.operations.secrets import commands

    commands.generate(stack, config_file, speaker())


@secrets_app.command()
def rotate(
    names: Annotated[list[str] | None, typer.Argument(help="Names of secrets.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that can be replaced without loss.")] = False,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    yes: Yes = False,
) -> None:
    """Replace secrets by new ones. The next `up` puts them in force."""
    from openedx_infra.operations.secrets import commands

    if bool(names) == everything:
        raise typer.BadParameter("say which secrets, or --all")
    commands.rotate(names, stack, config_file, speaker(), confirm=None if yes else confirm)


def main() -> None:
    """Run a command. What the user, the configuration or the deployment did wrong is a message and code 1."""
    # A command makes hundreds of thousands of objects and hardly any garbage; looking for it after every 700
    # took a sixth of the CPU of `check`.
    gc.set_threshold(100_000)
    try:
        app(prog_name="openedx-infra")
    except Exception as error:
        tell(error)
        sys.exit(1)


def tell(error: Exception) -> None:
    """Print an error for people; one that nobody foresaw is raised again when debugging."""
    if os.environ.get(DEBUG_VARIABLE):
        raise error
    speaker(error=True).print(_told(error), style="red", markup=False, highlight=False, soft_wrap=True)


def _told(error: Exception) -> str:
    from openedx_infra.config import ConfigError
    from openedx_infra.operations.errors import OperationError
    from tools.errors import ToolError

    if isinstance(error, ConfigError | OperationError | ToolError):
        return str(error)
    return (
        f"Unexpected {type(error).__name__}: {error}\nThis is a fault of the program. "
        f"With `openedx-infra --debug …` it shows where it happened."
    )
