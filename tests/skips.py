"""A developer may skip tests; where CI is set, a skipped one fails the run, which names it."""

from __future__ import annotations

import os

import pytest
from _pytest.terminal import TerminalReporter


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Have the run fail when it skipped anything."""
    if os.environ.get("CI") and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Say what was skipped, and why."""
    if os.environ.get("CI") and (skipped := _skipped(config)):
        terminalreporter.section("skipped in CI, which fails the run", red=True)
        for line in skipped:
            terminalreporter.write_line(line)


def _skipped(config: pytest.Config) -> list[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", []) if isinstance(reporter, TerminalReporter) else []
    return [f"{report.nodeid}: {_why(report)}" for report in reports]


def _why(report: pytest.TestReport | pytest.CollectReport) -> str:
    told = report.longrepr
    return str(told[2]) if isinstance(told, tuple) else str(told)
