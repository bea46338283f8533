"""The platform's own tests and checks on the mounted source of a development instance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from openedx_infra.config import Stack
from openedx_infra.config.development.mounts import mounted, problems
from openedx_infra.config.versions import live_version
from openedx_infra.operations.development.instance import require
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.images.logins import Logins
from openedx_infra.operations.platform_tests import known_failures, last_failed, platform_tests, quality
from openedx_infra.operations.platform_tests.manifests import Resources, Source
from openedx_infra.operations.platform_tests.suites import Suite, suites
from openedx_infra.operations.stack_files.stack_file import StackFile


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which tests to run, and how."""

    arguments: Sequence[str] = ()
    """Paths in the platform, then options of pytest."""
    failed: bool = False
    """Only tests that failed when they last ran."""
    site: str | None = None
    """Whose settings to use, `lms`, `studio` or `both`. None: those that belong to each path."""
    coverage: bool = False
    processes: str | None = None
    """Processes of pytest-xdist: a number, or `auto` for one on each CPU of the node."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """The instance, and what its test pods may take."""

    file: StackFile
    stack: Stack
    resources: Resources
    reports: Path
    """Folder of this machine for reports, and for what failed last."""
    known: Path | None = None
    """File with further tests that are known to fail."""


def test(request: Request, wanted: Wanted, console: Console) -> int:
    """Run tests of pytest, and return their exit code: 0 when nothing failed but what is known to."""
    return _run(request, chosen(wanted, request.reports), console)


def check(request: Request, checks: Sequence[str], console: Console) -> int:
    """Run checks of the source, and return 1 if one of them failed."""
    return _run(request, [quality.suite(checks)], console)


def chosen(wanted: Wanted, reports: Path) -> list[Suite]:
    """The suites of a request. Raises OperationError for paths, sites or numbers that are none."""
    options = list(_options(wanted))
    if wanted.failed:
        if any(not argument.startswith("-") for argument in wanted.arguments[:1]):
            raise OperationError(
                "--failed chooses the tests by itself.", remedy="leave the paths out, or leave --failed out"
            )
        return last_failed.suites(reports, [*options, *wanted.arguments])
    first = next((n for n, each in enumerate(wanted.arguments) if each.startswith("-")), None)
    paths = wanted.arguments[:first]
    rest = [] if first is None else wanted.arguments[first:]
    return suites([*paths, *options, *rest], site=wanted.site)


def source_of(stack: Stack) -> Source | None:
    """The mounted checkout of the platform. None: the image's source is tested.

    Raises OperationError for mounts that can't be mounted.
    """
    section = require(stack)
    faults = problems(stack)
    if faults:
        raise OperationError("\n".join(faults))
    folders = mounted(stack, "platform")
    return Source(folder=folders[0].on_node, user=section.user) if folders else None


def _options(wanted: Wanted) -> list[str]:
    """Options of pytest's plugins that the platform's requirements for tests have."""
    options = []
    if wanted.processes is not None:
        if not (wanted.processes == "auto" or wanted.processes.isdecimal()):
            raise OperationError(
                f"{wanted.processes} is no number of processes.", remedy="write a number, or auto"
            )
        options += ["--numprocesses", wanted.processes]
    if wanted.coverage:
        options += ["--cov", "--cov-report=term:skip-covered"]
    return options


def _run(request: Request, chosen: Sequence[Suite], console: Console) -> int:
    stack = request.stack
    plan = platform_tests.Plan(
        suites=chosen,
        images=platform_tests.images(stack, None),
        resources=request.resources,
        logins=Logins(request.file, stack, console).from_stack(),
        reports=request.reports,
        source=source_of(stack),
        expected=known_failures.listed(live_version(stack).release, request.known),
    )
    return platform_tests.run(request.file, stack, plan, console)
