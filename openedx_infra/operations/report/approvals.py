"""Who must approve a change: rules in a file, by risk and stack."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.report.risks import RISKS, TITLES, Danger, Risk

FILE = "approvals.yaml"
"""The file in the checkout. The base's is used, so that a change can't loosen the rules that it is under."""


class Rule(BaseModel):
    """What a risk needs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    risk: Risk
    stacks: tuple[Annotated[str, Field(min_length=1)], ...] = ("*",)
    """Patterns of stacks' names, such as `prod*`."""
    people: Annotated[int, Field(ge=0, le=20)] = 1
    """How many must approve. 0: nobody."""
    of: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Who may; anybody where it is empty."""
    refuse: bool = False
    """Whether nobody may approve it: the report exits with 1."""


class Rules(BaseModel):
    """The file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[Rule, ...]
    cost_above: Annotated[float, Field(ge=0)] = 50.0
    """US dollars a month more, above which cost is a risk. The default is a guess."""


DEFAULT = Rules(
    rules=(
        Rule(risk="data-loss", people=2),
        Rule(risk="irreversible", people=1),
        Rule(risk="policies", refuse=True),
    )
)
"""Used where there is no file."""


class Needed(BaseModel):
    """What a change needs before it may be applied."""

    model_config = ConfigDict(frozen=True)

    people: int = 0
    of: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    refused: bool = False

    def __str__(self) -> str:
        if self.refused:
            return f"refused by the rules: {', '.join(self.reasons)}"
        if not self.people:
            return "nobody"
        who = f" of {', '.join(self.of)}" if self.of else ""
        count = "1 person" if self.people == 1 else f"{self.people} people"
        return f"{count}{who}, for {', '.join(self.reasons)}"

    def as_json(self) -> dict[str, Any]:
        """The same for machines."""
        return self.model_dump(mode="json")


def read(content: str | None, where: str = FILE) -> Rules:
    """The rules in a file's text; the default ones without a file. Raises OperationError with each fault."""
    if content is None:
        return DEFAULT
    try:
        return Rules.model_validate(yaml.safe_load(content))
    except yaml.YAMLError as error:
        raise OperationError(
            f"{where} is no YAML: {error}", remedy="correct it; docs/report.md has an example"
        ) from None
    except ValidationError as error:
        lines = "\n".join(
            f"  - {'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg']}" for e in error.errors()
        )
        raise OperationError(
            f"{where} can't be used:\n{lines}",
            remedy=f"the risks are {', '.join(RISKS)}; docs/report.md has an example",
        ) from None


def needed(rules: Rules, stack: str, dangers: Iterable[Danger]) -> Needed:
    """What the dangers of a change of a stack need: the most that any rule asks for."""
    risks = {each.risk for each in dangers}
    hit = [
        rule
        for rule in rules.rules
        if rule.risk in risks and any(fnmatchcase(stack, pattern) for pattern in rule.stacks)
    ]
    asked = [rule for rule in hit if rule.people or rule.refuse]
    return Needed(
        people=max((rule.people for rule in asked), default=0),
        of=tuple(dict.fromkeys(name for rule in asked for name in rule.of)),
        reasons=tuple(dict.fromkeys(TITLES[rule.risk] for rule in asked)),
        refused=any(rule.refuse for rule in asked),
    )
