"""A mail before it is written."""

from dataclasses import dataclass, field


@dataclass
class Message:
    """What is written to whom."""

    email: str
    context: dict = field(default_factory=dict)
