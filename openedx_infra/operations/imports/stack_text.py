"""The text of the stack file: that of `init` for the same answers, with what else a draft has."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openedx_infra.config import PROJECT
from openedx_infra.config.load import PLACEHOLDER
from openedx_infra.operations.imports.draft import Draft
from openedx_infra.operations.init.answers import Answers
from openedx_infra.operations.init.text import stack_text
from openedx_infra.operations.stack_files import editing, stack_file


def composed(answers: Answers, draft: Draft) -> str:
    """The whole stack file. What `check` refuses of the draft is dropped from it, and listed as left."""
    while True:
        text, problems = _attempt(answers, draft)
        refused = [(path, problem) for problem in problems for path in draft.under(_key(problem))]
        if not refused:
            return text
        for path, problem in dict(refused).items():
            draft.drop(path, f"`check` refuses it: {problem}")


def _attempt(answers: Answers, draft: Draft) -> tuple[str, list[str]]:
    with tempfile.TemporaryDirectory(prefix="openedx-infra-") as folder:
        path = Path(folder) / f"Pulumi.{answers.stack}.yaml"
        path.write_text(stack_text(answers), encoding="utf-8")
        editing.edit(path, lambda config: _lay_over(config, draft.sections))
        examined = stack_file.examined(stack_file.read(answers.stack, path))
        text = path.read_text(encoding="utf-8")
    return text, [line for line in examined.problems if PLACEHOLDER not in line]


def _lay_over(config: Any, sections: Mapping[str, Any]) -> None:
    for section, value in sections.items():
        key = f"{PROJECT}:{section}"
        if isinstance(value, Mapping) and isinstance(config.get(key), Mapping):
            _merge(config[key], value)
        else:
            config[key] = value


def _merge(into: Any, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        old = into.get(key)
        same_kind = (
            isinstance(old, Mapping)
            and isinstance(value, Mapping)
            and value.get("source")
            in (
                None,
                old.get("source"),
            )
        )
        if same_kind:
            _merge(old, value)
        elif key in into:
            into[key] = value
        else:
            # Not as the last one: behind that stands the comment of what follows.
            into.insert(max(len(into) - 1, 0), key, value)


def _key(problem: str) -> str:
    """The key that a line of `check` begins with."""
    return re.split(r":(?: |$)", problem, maxsplit=1)[0]
