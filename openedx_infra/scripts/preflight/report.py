"""The report: faults end the run, warnings don't; each is one sentence with its key and a remedy."""

import os
from dataclasses import dataclass, field
from pathlib import Path

CLOCK_WARNING, CLOCK_FAULT = 5, 60
"""Seconds by which a server's clock may differ. Signed requests to S3 and tokens bear minutes, cached
values and locks seconds (guessed)."""


class Fault(Exception):
    """A store can't be used, and there is no sense in looking further at it."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.text, self.field = text, field


_read: set[str] = set()


def secret(name: str) -> str:
    """A secret by its name. What was read is never printed."""
    value = read_file(Path(os.environ.get("SECRETS_DIR", "/openedx/secrets"), name))
    if value:
        _read.add(value)
    return value


def has_secret(name: str) -> bool:
    """Whether there is a secret of this name."""
    return Path(os.environ.get("SECRETS_DIR", "/openedx/secrets"), name).exists()


def read_file(path: Path) -> str:
    """The text of a file without its last line's end."""
    return path.read_text(encoding="utf-8").removesuffix("\n")


def is_older(numbers: tuple[int, ...], least: tuple[int, ...]) -> bool:
    """Whether a version is older than another, as far as it is told: `6` may be 6.2, and no number any."""
    return numbers < least[: len(numbers)]


def say(text: str) -> None:
    """Print a line, without what is secret."""
    for value in _read:
        text = text.replace(value, "[hidden]")
    print(f"preflight: {text}", flush=True)


@dataclass
class Report:
    """Everything that was found."""

    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def of(self, key: str, *, external: bool) -> "Findings":
        """What is found of one store, by its key in the stack file."""
        return Findings(self, key, external)

    def close(self) -> int:
        """Print all, faults last, where the end of the log is shown; the code to end with."""
        for text in self.warnings:
            say(f"warning: {text}")
        for text in self.faults:
            say(f"fault: {text}")
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        say(f"{count}: nothing was changed" if self.faults else "done: all stores are fit")
        return 1 if self.faults else 0


@dataclass
class Findings:
    """What was found of one store."""

    report: Report
    key: str
    """Its key in the stack file, such as `openedx:datastores.mysql`."""
    external: bool
    """Whether the stack file says address and encryption, so that its fields can be named."""

    def fault(self, text: str, field: str = "") -> None:
        """Something that must be mended, for a field of the stack file or the whole store."""
        self.report.faults.append(self._line(text, field))

    def warn(self, text: str, field: str = "") -> None:
        """Something that is worth knowing."""
        self.report.warnings.append(self._line(text, field))

    def note(self, text: str) -> None:
        """Where we are."""
        say(text)

    def clock(self, server: float, before: float, after: float) -> None:
        """Compare a server's clock, in seconds since 1970, with ours before and after asking it."""
        away = max(before - server, server - after, 0.0)
        if away <= CLOCK_WARNING:
            return
        late = "behind" if server < before else "ahead of"
        text = f"its clock is {away:.0f} s {late} this cluster's: let both keep time by NTP"
        (self.fault if away > CLOCK_FAULT else self.warn)(text)

    def _line(self, text: str, field: str) -> str:
        return f"{self.key}{'.' + field if field and self.external else ''}: {text}"
