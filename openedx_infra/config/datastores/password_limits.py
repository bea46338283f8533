"""What services of AWS demand of passwords, from the API references of the services."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CLASSES = ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]")


@dataclass(frozen=True, kw_only=True)
class PasswordLimit:
    """What a service demands of a password."""

    service: str
    least: int
    """Characters."""
    most: int
    forbidden: str = ""
    """Characters that it refuses, beside all that are no printable ASCII."""
    classes: bool = False
    """Whether it wants a small and a capital letter, a digit, and something else."""

    def faults(self, value: str) -> Iterator[str]:
        """What is wrong with a password, without a word of it."""
        if not self.least <= len(value) <= self.most:
            yield f"has {len(value)} characters, and {self.service} wants {self.least} to {self.most}"
        if any(letter in self.forbidden or not "!" <= letter <= "~" for letter in value):
            shown = " ".join(self.forbidden)
            rule = f"printable ASCII without blanks{f' and without {shown}' if shown else ''}"
            yield f"has characters that {self.service} refuses: it wants {rule}"
        if self.classes and not all(re.search(each, value) for each in _CLASSES):
            yield f"lacks a small or capital letter, a digit or a sign, and {self.service} wants one of each"


RDS = PasswordLimit(service="Amazon RDS", least=8, most=41, forbidden='/"@')
DOCUMENTDB = PasswordLimit(service="Amazon DocumentDB", least=8, most=100, forbidden='/"@')
ELASTICACHE = PasswordLimit(service="ElastiCache", least=16, most=128, forbidden='@"/')
OPENSEARCH = PasswordLimit(service="Amazon OpenSearch Service", least=8, most=128, classes=True)
