"""The suites of edx-platform's tests that a command asks for, and their settings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from openedx_infra.operations.errors import OperationError

PYTEST = "platform_tests.sh"
"""Script that runs pytest."""

STUDIO = ("cms",)
"""Folders whose tests run by Studio's settings."""

ALL = {"lms": ("lms", "openedx", "common/djangoapps", "xmodule"), "studio": STUDIO}
"""All tests of the platform, as its own workflow `unit-tests` collects them from the root."""

SETTINGS = {"lms": "lms.envs.test", "studio": "cms.envs.test"}
"""Django settings modules of the suites. They use SQLite in memory and no cache server, and need MongoDB
(MySQL is upstream's wish: openedx-platform#38034)."""

_SHARD = re.compile(r"(?P<number>[1-9]\d*)/(?P<count>[1-9]\d*)")


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Tests that run by the same settings."""

    name: str
    """`lms` or `studio`."""
    paths: Sequence[str]
    """Files and folders under the platform's root, with pytest's `::test` if wanted."""
    options: Sequence[str] = ()
    """Further arguments of pytest."""
    shard: str = ""
    """Which part of the files, such as `2/8`; all if empty."""
    script: str = PYTEST
    """What its container runs: the paths are its arguments."""
    node_modules: bool = False
    """Whether it needs packages of npm, which are many files to copy."""

    @property
    def settings(self) -> str:
        """Its Django settings module; none for checks."""
        return SETTINGS.get(self.name, "")

    @property
    def tested(self) -> bool:
        """Whether it is of pytest, which needs MongoDB and writes a report."""
        return self.script == PYTEST


def suites(arguments: Sequence[str], shard: str | None = None, site: str | None = None) -> list[Suite]:
    """The suites that paths belong to; without any path, all tests. What begins with a dash is pytest's, and
    so is all after it. `site`: whose settings are used for all of them, `lms`, `studio` or `both`, as
    upstream's workflow runs common, openedx and xmodule by either.

    Raises OperationError for a path outside the platform, or a shard or site that isn't one.
    """
    first = next((n for n, argument in enumerate(arguments) if argument.startswith("-")), len(arguments))
    paths, options = arguments[:first], arguments[first:]
    for path in paths:
        if path.startswith("/") or ".." in path.split("/"):
            raise OperationError(
                f"{path} is no path in edx-platform.",
                remedy="write it from its root, as lms/djangoapps/grades",
            )
    _demand_shard(shard)
    chosen = _sorted(paths) if paths else ALL
    if site is not None:
        everything = tuple(path for each in chosen.values() for path in each)
        chosen = dict.fromkeys(_sites(site), everything)
    return [
        Suite(name=name, paths=tuple(each), options=tuple(options), shard=shard or "")
        for name, each in chosen.items()
        if each
    ]


def _sorted(paths: Sequence[str]) -> dict[str, list[str]]:
    studio = [path for path in paths if path.split("/")[0] in STUDIO]
    return {"lms": [path for path in paths if path not in studio], "studio": studio}


def _sites(site: str) -> tuple[str, ...]:
    if site not in (*SETTINGS, "both"):
        raise OperationError(f"There is no site {site}.", remedy="name lms, studio or both")
    return tuple(SETTINGS) if site == "both" else (site,)


def _demand_shard(shard: str | None) -> None:
    match = _SHARD.fullmatch(shard or "1/1")
    if match is None or int(match["number"]) > int(match["count"]):
        raise OperationError(f"{shard} is no shard.", remedy="write which of how many, such as 2/8")
