"""The error of an invalid stack file: every fault at once, each with key, value, rule and remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from openedx_infra.config.errors.key_paths import UNION_KEY, Location, place
from openedx_infra.config.errors.messages import sentence
from openedx_infra.config.types.base import Section


class ConfigError(Exception):
    """The configuration can't be used, and nothing was changed. `problems` has one line for each fault."""

    def __init__(self, stack: str, problems: Sequence[str]) -> None:
        self.stack = stack
        self.problems = tuple(problems)
        count = "1 error" if len(self.problems) == 1 else f"{len(self.problems)} errors"
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"Stack {stack}: {count} in its configuration, nothing was changed.\n{lines}")

    def __reduce__(self) -> tuple[type[ConfigError], tuple[str, tuple[str, ...]]]:
        return type(self), (self.stack, self.problems)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a stack file."""

    location: Location
    """The key's location, whether it is there or missing."""
    culprit: Location
    """The smallest part to remove so that the rest can be judged."""
    line: str
    """The key and the explanation."""


def faults(error: ValidationError, model: type[Section]) -> list[Fault]:
    """What pydantic found wrong for `model`, in the order of the models."""
    result = []
    errors = error.errors(include_url=False)
    for details in errors:
        kind = details["type"]
        if kind == "default_factory_not_called":  # a consequence of another fault in the same section
            continue
        if kind == "too_short" and _has_faulty_items(details["loc"], [each["loc"] for each in errors]):
            continue  # pydantic counts only valid items
        here = place(model, details["loc"])
        parent = place(model, details["loc"][:-1]) if kind == "extra_forbidden" else here
        text = sentence(details, replace(parent, location=here.location))
        location = (*here.location, UNION_KEY) if kind.startswith("union_tag") else here.location
        culprit = here.location[:-1] or here.location if kind == "missing" else here.location
        result.append(Fault(location, culprit, f"{replace(here, location=location).key}: {text}"))
    return result


def _has_faulty_items(whole: Sequence[int | str], faulty: Sequence[Sequence[int | str]]) -> bool:
    return any(len(each) > len(whole) and each[: len(whole)] == whole for each in faulty)


def explain(error: ValidationError, model: type[Section]) -> list[str]:
    """One line per fault that pydantic found, with the key of the stack file first."""
    return [fault.line for fault in faults(error, model)]
