"""Tests of the platform that are expected to fail, told apart from others in a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.platform_tests.junit import Case, cases

FILE = Path(__file__).with_name("known_failures.yaml")
SOME_FAILED = 1
"""Exit code of pytest: all tests ran, and some failed."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a report says, given the tests that are expected to fail."""

    failed: Sequence[str]
    """Tests that failed, and are not expected to."""
    expected: Mapping[str, str]
    """Tests that failed as expected, with the reason of each."""
    passing: Sequence[str]
    """Entries of the list whose tests ran, and none of which failed."""

    def exit_code(self, code: int) -> int:
        """The exit code of a run, given pytest's: 0 if nothing failed but what was expected to."""
        return 0 if code == SOME_FAILED and self.expected and not self.failed else code

    def lines(self) -> Iterator[str]:
        """What people are told beside the summary."""
        for test, reason in self.expected.items():
            yield f"known to fail: {test}: {reason}"
        for entry in self.passing:
            yield f"listed as failing, but passed: {entry}. Take it off the list."


def listed(release: str, further: Path | None = None) -> dict[str, str]:
    """Tests that are expected to fail on a release, with the reason of each. `further`: a file of the same
    form with a site's own.

    Raises OperationError for a file that isn't of that form.
    """
    return {**_read(FILE).get(release, {}), **(_read(further).get(release, {}) if further else {})}


def verdict(report: bytes, expected: Mapping[str, str]) -> Verdict:
    """What a report says, given the tests that are expected to fail, with their reasons."""
    ran = [case for case in cases(report) if case.ending != "skipped"]
    failures = dict.fromkeys(case.test for case in ran if case.ending == "failed")
    reasons = {test: _reason(test, expected) for test in failures}
    return Verdict(
        failed=[test for test, reason in reasons.items() if reason is None],
        expected={test: reason for test, reason in reasons.items() if reason is not None},
        passing=[entry for entry in expected if _passes(entry, ran)],
    )


def _reason(test: str, expected: Mapping[str, str]) -> str | None:
    return next((reason for entry, reason in expected.items() if _covers(entry, test)), None)


def _passes(entry: str, ran: Sequence[Case]) -> bool:
    endings = {case.ending for case in ran if _covers(entry, case.test)}
    return endings == {"passed"}


def _covers(entry: str, test: str) -> bool:
    """Whether an entry is a test, or its file, its class, or the test without parameters."""
    return test == entry or test.startswith((f"{entry}::", f"{entry}["))


@cache
def _read(path: Path) -> dict[str, dict[str, str]]:
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}
    except (YAMLError, UnicodeDecodeError) as error:
        raise OperationError(f"{path} can't be read as YAML: {error}") from error
    good = isinstance(content, dict) and all(
        isinstance(tests, dict) and all(isinstance(text, str) for pair in tests.items() for text in pair)
        for tests in content.values()
    )
    if not good:
        raise OperationError(
            f"{path} is no list of tests that are known to fail.",
            remedy="write maps from tests to reasons, by release, such as "
            "`ulmo: {lms/tests.py::test_title: needs the internet}`",
        )
    return dict(content)
