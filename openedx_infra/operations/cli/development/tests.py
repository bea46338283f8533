"""Arguments of `dev test` and `dev quality`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, StackName, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

if TYPE_CHECKING:
    from openedx_infra.operations.development.tests import Request

app = typer.Typer()

Cpu = Annotated[str, typer.Option(help="CPU to reserve.")]
Memory = Annotated[str, typer.Option(help="Memory that the tests may use: more for each of --parallel.")]
Minutes = Annotated[int, typer.Option(help="Minutes after which a suite is stopped.", min=1)]
Reports = Annotated[Path, typer.Option(help="Folder for reports, and for what failed last, by stack.")]
REPORTS = Path("build/dev-tests")


@app.command()
def test(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, folders and tests in edx-platform; after `--`, options of pytest. Default: all."
        ),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only tests that failed when they last ran.")
    ] = False,
    site: Annotated[
        str | None,
        typer.Option(help="Settings to use: lms, studio or both. Default: studio for cms, lms for others."),
    ] = None,
    coverage: Annotated[bool, typer.Option("--coverage", help="Show which lines no test reached.")] = False,
    parallel: Annotated[
        str | None, typer.Option(help="Processes to run tests in: a number, or auto for one on each CPU.")
    ] = None,
    known: Annotated[
        Path | None,
        typer.Option(help="YAML file with more tests that are known to fail.", exists=True, dir_okay=False),
    ] = None,
    javascript: Annotated[
        bool, typer.Option("--javascript", help="The tests of JavaScript instead: jest and karma.")
    ] = False,
    cpu: Cpu = "1",
    memory: Memory = "4Gi",
    minutes: Minutes = 120,
    reports: Reports = REPORTS,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Run the platform's own tests on your source, in a temporary namespace; exits with their code.

    Code 0 if nothing failed but tests that are known to fail, which are named.
    """
    from openedx_infra.operations.development import tests as verb
    from openedx_infra.operations.platform_tests.quality import JAVASCRIPT

    request = _request(stack, config_file, cpu, memory, minutes, reports, known)
    if javascript:
        if paths or failed or site or coverage or parallel:
            raise typer.BadParameter("--javascript runs all of them, and takes no options of Python's tests")
        raise typer.Exit(verb.check(request, JAVASCRIPT, new_console()))
    wanted = verb.Wanted(
        arguments=paths or (), failed=failed, site=site, coverage=coverage, processes=parallel
    )
    raise typer.Exit(verb.test(request, wanted, new_console()))


@app.command()
def quality(
    checks: Annotated[
        list[str] | None,
        typer.Argument(
            help="pycodestyle, pylint, imports, xss, pii, keywords, eslint or stylelint. Default: all."
        ),
    ] = None,
    cpu: Cpu = "1",
    memory: Memory = "4Gi",
    minutes: Minutes = 120,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Run the platform's own quality checks on your source; exits with 1 if one of them failed."""
    from openedx_infra.operations.development import tests as verb

    request = _request(stack, config_file, cpu, memory, minutes, REPORTS)
    raise typer.Exit(verb.check(request, checks or (), new_console()))


def _request(
    stack: str,
    config_file: ConfigFile,
    cpu: str,
    memory: str,
    minutes: int,
    reports: Path,
    known: Path | None = None,
) -> Request:
    from openedx_infra.operations.development.tests import Request
    from openedx_infra.operations.platform_tests.manifests import Resources
    from openedx_infra.operations.stack_files.stack_file import instance, read

    file = read(stack, config_file)
    return Request(
        file=file,
        stack=instance(file, placeholders=True),
        resources=Resources(cpu=cpu, memory=memory, minutes=minutes),
        reports=reports / stack,
        known=known,
    )
