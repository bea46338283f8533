"""A report as SARIF 2.1.0: risks, faults and broken policies as results on the stack files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from openedx_infra.operations.report.risks import TITLES, Risk
from openedx_infra.operations.report.stack_report import StackReport

_LEVELS: dict[Risk, str] = {
    "data-loss": "error",
    "policies": "error",
    "irreversible": "warning",
    "outage": "warning",
    "secrets": "note",
    "cost": "note",
}
_FAULT = "configuration"


def text(stacks: Sequence[StackReport]) -> str:
    """The log, with one run."""
    rules = [*TITLES.items(), (_FAULT, "fault of the configuration")]
    content = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "openedx-infra",
                        "version": _version(),
                        "rules": [
                            {"id": name, "shortDescription": {"text": title[:1].upper() + title[1:]}}
                            for name, title in rules
                        ],
                    }
                },
                "results": [result for each in stacks for result in _results(each)],
            }
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _results(each: StackReport) -> Iterator[dict[str, Any]]:
    for danger in each.dangers:
        yield _result(each.stack, danger.risk, _LEVELS[danger.risk], danger.what)
    for line in each.problems:
        level = "error" if each.outcome.value == "refused" else "note"
        yield _result(each.stack, _FAULT, level, line)


def _result(stack: str, rule: str, level: str, words: str) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": f"Pulumi.{stack}.yaml"}, "region": {"startLine": 1}}
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": f"{stack}: {words}"},
        "locations": [{"physicalLocation": place}],
    }


def _version() -> str:
    try:
        return version("openedx-infra")
    except PackageNotFoundError:
        return "0"
