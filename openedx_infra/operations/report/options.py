"""What a report may rest on, its forms, and how it ends."""

from __future__ import annotations

from enum import Enum, StrEnum


class Source(StrEnum):
    """What a report rests on."""

    AUTO = "auto"
    """Pulumi's preview of stacks that name a cluster and whose state can be reached, else recordings."""
    PREVIEW = "preview"
    RECORDED = "recorded"


class Format(StrEnum):
    """Forms of a report."""

    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"
    SARIF = "sarif"

    @property
    def ending(self) -> str:
        """The ending of its file."""
        return "md" if self is Format.MARKDOWN else self.value


class Outcome(Enum):
    """What becomes of a change, from the least to the most; the value is the word for machines."""

    NOTHING = "nothing"
    CHANGES = "changes"
    NEEDS_APPROVAL = "needs-approval"
    REFUSED = "refused"

    @property
    def exit_code(self) -> int:
        """0 nothing changes, 3 something does, 4 somebody must approve, 1 refused. 2 is wrong usage."""
        return {"nothing": 0, "changes": 3, "needs-approval": 4, "refused": 1}[self.value]

    @property
    def grade(self) -> int:
        """Its place in the order."""
        return list(Outcome).index(self)
