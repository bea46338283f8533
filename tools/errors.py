"""ToolError, the error of this package."""

from __future__ import annotations

from pathlib import Path

LAST_LINES = 15
"""How many closing lines of a log an error quotes: enough for a compiler's complaint, short of a screen."""


class ToolError(Exception):
    """A tool or the embedded cluster could not be had.

    The message says which tool, which step, why (with the last lines of the log and where the
    rest is), and what the reader can do about it.
    """

    def __init__(
        self, tool: str, step: str, why: str, *, remedy: str | None = None, log: Path | None = None
    ) -> None:
        self.tool = tool
        self.step = step
        self.why = why
        self.remedy = remedy
        self.log = log
        super().__init__(self._text())

    def _text(self) -> str:
        lines = [f"{self.tool}: {self.step} failed: {self.why}"]
        if self.log is not None:
            lines += [f"    {line}" for line in tail(self.log)]
            lines.append(f"  full log: {self.log}")
        if self.remedy is not None:
            lines.append(f"  what to do: {self.remedy}")
        return "\n".join(lines)


def tail(log: Path, count: int = LAST_LINES) -> list[str]:
    """Return the last non-empty lines of a log; nothing when there is no such file."""
    try:
        text = log.read_text(errors="replace")
    except FileNotFoundError:
        return []
    return [line for line in text.splitlines() if line.strip()][-count:]
