"""What there is to copy: dumps in a folder, or the databases and files of a Tutor root."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from openedx_infra.operations.transfer.place import Place, Stream

MAIN, HISTORY, FOLD = "main", "history", "fold"
DATABASES: Mapping[str, str] = {
    "openedx": MAIN,
    "edxapp": MAIN,
    "edxapp_csmh": HISTORY,
    "openedx_history": HISTORY,
}
"""Which of ours each usual name of a database in MySQL is."""
COURSES = ("openedx", "edxapp")
"""Usual names of the database with courses in MongoDB."""


@dataclass(frozen=True, kw_only=True)
class Dump:
    """A stream with a dump of databases."""

    name: str
    """What it is called in messages."""
    identity: str
    """What tells it from another, or from a later one: parts of it that came whole are not sent again."""
    identities: Mapping[str, str] = field(default_factory=dict)
    """The same of single tables, where that is known."""
    place: Place
    command: Sequence[str]
    """What writes it."""
    given: bytes = field(default=b"", repr=False)
    """The input of that command."""
    databases: Mapping[str, str] = field(default_factory=lambda: dict(DATABASES))
    """Which of ours each database in it is, for MySQL; the first is that of a dump that names none."""
    size: int | None = None
    """Its bytes, where they are known before."""

    def open(self) -> Stream:
        """Begin to read it."""
        return Stream(self.place, self.command, self.given)


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A folder with uploaded files."""

    kind: str
    """What is in it: `media`, `private` or `ora2`."""
    place: Place


class Source(Protocol):
    """Where data comes from. It is only read."""

    @property
    def title(self) -> str:
        """In words, for reports."""
        ...

    def mysql(self, fingerprint: Mapping[str, str], done: Mapping[str, str]) -> Sequence[Dump]:
        """Dumps of MySQL. `done`: identities of tables that came before, as `main.auth_user`. Raises
        OperationError where there are none."""
        ...

    def mongodb(self) -> Sequence[Dump]:
        """Archives of MongoDB."""
        ...

    def folders(self) -> Sequence[Folder]:
        """Folders with uploaded files."""
        ...

    def fingerprint(self) -> Mapping[str, str]:
        """Checksums of tables on a server that may change meanwhile; none of files, which don't."""
        ...

    def hosts(self) -> Mapping[str, str]:
        """Names of the old site by ours: `lms_host` and `studio_host`, as far as they are known."""
        ...
