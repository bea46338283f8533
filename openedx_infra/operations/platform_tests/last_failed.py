"""Tests that failed when they last ran, kept on this machine between runs as pytest's cache keeps them."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.platform_tests.junit import cases
from openedx_infra.operations.platform_tests.suites import SETTINGS, Suite

MOST = 500
"""Tests that are named one by one; of more, the files are. A Job of Kubernetes has a limit of some 1 MB."""


def update(folder: Path, suite: str, report: bytes, unexpected: Collection[str]) -> None:
    """Note what failed. What didn't run this time stays as it was."""
    ran = {case.test for case in cases(report)}
    before = {test for test in failed(folder, suite) if test not in ran}
    text = json.dumps(dict.fromkeys(sorted({*before, *unexpected}), True), indent=2)
    _file(folder, suite).write_text(f"{text}\n", encoding="utf-8")


def failed(folder: Path, suite: str) -> list[str]:
    """Tests of a suite that failed when they last ran."""
    try:
        return list(json.loads(_file(folder, suite).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return []
    except ValueError as error:
        path = _file(folder, suite)
        raise OperationError(f"{path} can't be read: {error}", remedy="delete it") from error


def suites(folder: Path, options: Collection[str]) -> list[Suite]:
    """The suites with tests that failed, and no other tests. Raises OperationError when none did."""
    chosen = {name: failed(folder, name) for name in SETTINGS}
    if not any(chosen.values()):
        raise OperationError(
            f"No test failed when it last ran, or {folder} was deleted.", remedy="run it without --failed"
        )
    return [
        Suite(name=name, paths=tests if len(tests) <= MOST else _files(tests), options=tuple(options))
        for name, tests in chosen.items()
        if tests
    ]


def _files(tests: Collection[str]) -> list[str]:
    return list(dict.fromkeys(test.partition("::")[0] for test in tests))


def _file(folder: Path, suite: str) -> Path:
    return folder / f"{suite}-lastfailed.json"
