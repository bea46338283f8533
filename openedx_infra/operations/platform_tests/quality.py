"""Checks of the platform's source that aren't tests of Python: its own linters, and tests of JavaScript."""

from __future__ import annotations

from collections.abc import Sequence

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.platform_tests.suites import Suite

SCRIPT = "platform_checks.sh"
QUALITY = ("pycodestyle", "pylint", "imports", "xss", "pii", "keywords", "eslint", "stylelint")
"""Names of the checks of the platform's workflows, in the order in which they run."""
JAVASCRIPT = ("jest", "karma")
_WITH_NODE = ("eslint", "stylelint", *JAVASCRIPT)


def suite(checks: Sequence[str]) -> Suite:
    """What runs these checks, all of QUALITY without any.

    Raises OperationError for a check that isn't one.
    """
    unknown = [check for check in checks if check not in (*QUALITY, *JAVASCRIPT)]
    if unknown:
        raise OperationError(
            f"There is no check {', '.join(unknown)}.", remedy=f"name some of {', '.join(QUALITY)}"
        )
    chosen = tuple(checks or QUALITY)
    javascript = set(chosen) <= set(JAVASCRIPT)
    return Suite(
        name="javascript" if javascript else "quality",
        paths=chosen,
        script=SCRIPT,
        node_modules=any(check in _WITH_NODE for check in chosen),
    )
