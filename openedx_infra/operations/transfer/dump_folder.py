"""A folder with dumps that somebody made, and with uploaded files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.transfer.place import Place
from openedx_infra.operations.transfer.source import COURSES, DATABASES, MAIN, Dump, Folder

_KINDS = ("media", "private", "ora2")
_MYSQL, _MONGODB = (".sql", ".sql.gz"), (".archive", ".archive.gz")
_OF_HISTORY = ("csmh", "history")
"""What the names of dumps of the second database have in them."""


@dataclass(frozen=True, kw_only=True)
class DumpFolder:
    """Files `*.sql` and `*.archive`, packed by gzip or not, and folders `media`, `private` and `ora2`."""

    place: Place
    names: Mapping[str, str] = field(default_factory=lambda: dict(DATABASES))
    """Which of ours each database of MySQL is."""

    @property
    def title(self) -> str:
        """In words."""
        return f"dumps in {self.place}"

    def mysql(self, fingerprint: Mapping[str, str], done: Mapping[str, str]) -> Sequence[Dump]:
        """Dumps of MySQL."""
        found = self._files(_MYSQL)
        if not found:
            raise OperationError(
                f"{self.place} has no dump of MySQL.",
                remedy="put files `*.sql` or `*.sql.gz` of mysqldump's there: docs/move-from-native.md has "
                "the command",
            )
        return found

    def mongodb(self) -> Sequence[Dump]:
        """Archives of MongoDB."""
        return self._files(_MONGODB)

    def folders(self) -> Sequence[Folder]:
        """Folders with uploaded files."""
        words = [
            "find",
            self.place.path,
            "-mindepth",
            "1",
            "-maxdepth",
            "1",
            "-type",
            "d",
            "-printf",
            "%f\\n",
        ]
        names = set(self.place.text(words).splitlines())
        return [
            Folder(kind=kind, place=Place(path=f"{self.place.path}/{kind}", host=self.place.host))
            for kind in _KINDS
            if kind in names
        ]

    def fingerprint(self) -> Mapping[str, str]:
        """None: files of dumps don't change."""
        return {}

    def hosts(self) -> Mapping[str, str]:
        """None: dumps don't tell them."""
        return {}

    def _files(self, ends: tuple[str, ...]) -> list[Dump]:
        words = ["find", self.place.path, "-maxdepth", "1", "-type", "f", "-printf", "%f\\t%s\\t%T@\\n"]
        lines = (line.split("\t") for line in sorted(self.place.text(words).splitlines()))
        return [self._dump(name, int(size), changed) for name, size, changed in lines if name.endswith(ends)]

    def _dump(self, name: str, size: int, changed: str) -> Dump:
        of_history = any(word in name for word in _OF_HISTORY)
        first = {own: ours for own, ours in self.names.items() if (ours != MAIN) == of_history}
        return Dump(
            name=name,
            identity=f"{name} {size} {changed}",
            place=self.place,
            command=["cat", f"{self.place.path}/{name}"],
            databases={**first, **self.names},
            size=size,
        )


def courses(names: Mapping[str, str]) -> list[str]:
    """Names under which a dump of MongoDB may hold courses."""
    return sorted({*COURSES, *(name for name, ours in names.items() if ours == MAIN)})
