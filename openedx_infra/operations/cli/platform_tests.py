"""Arguments of `test-platform`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from openedx_infra.operations.cli.options import (
    ConfigFile,
    StackName,
    new_console,
)
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

app = typer.Typer()


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
    minutes: Annotated[int, typer.Option(help="Minutes after which a suite is stopped.", min=1)] = 120,
    reports: Annotated[Path, typer.Option(help="Folder for JUnit reports.")] = Path("build/platform-tests"),
) -> None:
    """Run edx-platform's own tests inside its image, in a temporary namespace; exits with their code."""
    from openedx_infra.config.versions import live_version
    from openedx_infra.operations.images.logins import Logins
    from openedx_infra.operations.platform_tests import known_failures, manifests, platform_tests, suites
    from openedx_infra.operations.stack_files.stack_file import instance, read

    file = read(stack, config_file)
    stack_config = instance(file, placeholders=True)
    plan = platform_tests.Plan(
        suites=suites.suites(paths or (), shard),
        images=platform_tests.images(stack_config, image),
        resources=manifests.Resources(cpu=cpu, memory=memory, minutes=minutes),
        logins=Logins(file, stack_config, new_console(error=True)).from_stack(),
        reports=reports,
        expected=known_failures.listed(live_version(stack_config).release),
    )
    raise typer.Exit(platform_tests.run(file, stack_config, plan, new_console()))
