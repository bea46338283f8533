"""A verb runs Pulumi's CLI no more often than it has to: each run takes 0.15 to 0.4 s of CPU."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from openedx_infra.operations.engine.automation import Verbs
from openedx_infra.operations.state.live_stack import LiveStack
from openedx_infra.operations.state.pulumi_cli import Cli, Result

HISTORY = [
    {
        "kind": "update",
        "startTime": "2026-11-30T10:00:00.000Z",
        "message": "",
        "environment": {},
        "config": {},
        "result": "succeeded",
    }
]


@dataclass(frozen=True)
class Counted(Cli):
    """A CLI that notes what it is to run, and succeeds."""

    runs: list[str] = field(default_factory=list)

    def run(self, arguments: Sequence[str], **_: Any) -> Result:
        return self._done(arguments)

    def run_long(self, arguments: Sequence[str], **_: Any) -> Result:
        return self._done(arguments)

    def _done(self, arguments: Sequence[str]) -> Result:
        words = " ".join(arguments[:2])
        self.runs.append(words)
        answers = {"stack history": json.dumps(HISTORY), "stack output": "{}"}
        return Result(0, answers.get(words, ""), "")


@pytest.mark.parametrize("verb", ["up", "destroy"])
def test_no_output_is_read_after_a_verb(tmp_path: Path, verb: str) -> None:
    """They would be read twice, and secrets in plain, for a result that nobody uses."""
    cli = Counted(Path("pulumi"), {})
    live = LiveStack("dev", config_file=tmp_path / "Pulumi.dev.yaml", cli=cli)
    getattr(Verbs(live, lambda _: None), verb)()
    assert [words.partition(" --")[0] for words in cli.runs] == [verb, "stack history"]
