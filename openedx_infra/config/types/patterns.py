"""Rules for texts: a regular expression, and the same rule in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

DNS_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
"""One label of a host name, which is also what Kubernetes takes as a name."""


def _no_hint(_: str) -> str | None:
    return None


@dataclass(frozen=True)
class Pattern:
    """A rule for text, as an annotation of a field: `Annotated[str, Pattern(...)]`."""

    noun: str
    """What such a text is, such as `host name`."""
    regex: str
    """What it matches as a whole, in syntax that Python and JavaScript (editors check it, too) read alike: no
    `\\d`, no `\\w`."""
    rule: str
    """What to write, in words."""
    example: str
    """A valid text."""
    hint: Callable[[str], str | None] = _no_hint
    """The remedy for a common mistake."""

    def __post_init__(self) -> None:
        # Python takes digits and letters of all scripts for them, JavaScript and Kubernetes those of ASCII.
        if re.search(r"\\[dw]", self.regex):
            raise ValueError(f"{self.noun}: write [0-9] and [A-Za-z0-9_], not \\d and \\w")

    def check(self, value: str) -> str:
        """The text itself. Raises ValueError, whose words go on after the text: `is no host name: …`."""
        if re.fullmatch(self.regex, value):
            return value
        remedy = self.hint(value) or f"write {self.rule}, such as {self.example}"
        raise ValueError(f"is no {self.noun}: {remedy}")

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic's protocol: check after the text is known to be text."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Pydantic's protocol: the same rule for editors."""
        return {**handler(schema), "pattern": f"^{self.regex}$", "examples": [self.example]}
