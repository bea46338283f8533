"""The error of a command: a message for people, and what they can do about it."""

from __future__ import annotations


class OperationError(Exception):
    """A command failed. `message` says why; `remedy`, where there is one, what to do."""

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message}\n  what to do: {remedy}" if remedy else message)
