"""What is an error of a command? A message for people, and what they can do about it."""

from __future__ import annotations


class OperationError(Exception):
    """A command could not be done. `message` says why; `remedy` says what to do, if anything can be said."""

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message}\n  what to do: {remedy}" if remedy else message)
