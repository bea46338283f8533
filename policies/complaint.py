"""What a rule refuses, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Complaint:
    """One thing that a rule refuses."""

    where: str
    """The object or resource, such as `Deployment lms`."""
    text: str
    """What is wrong with it, and the remedy."""
    rule: str
    """Name of the rule, for those who look it up."""

    def __str__(self) -> str:
        return f"{self.where}: {self.text} ({self.rule})"
