"""Copies databases from a source to a stage beside those of the target, and compares them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from rich.console import Console

from openedx_infra.operations.pods import process
from openedx_infra.operations.transfer import checks
from openedx_infra.operations.transfer.report import Report
from openedx_infra.operations.transfer.source import MAIN, Dump, Source

SCRIPT = "transfer"
"""The package that the pod runs."""


class Pod(Protocol):
    """A Python in the target, which answers requests of the package `transfer`."""

    def ask(
        self,
        script: str,
        request: Mapping[str, Any],
        *,
        data: process.Source | None = None,
        on_line: Any = None,
    ) -> Any:
        """The answer to a request. Raises OperationError where it is refused."""
        ...


class Room(Protocol):
    """What tells how much room a server's disk has."""

    def free(self, store: str) -> int | None:
        """Bytes that are free for `mysql` or `mongodb`; None where nobody can be asked."""
        ...


@dataclass(kw_only=True)
class Copying:
    """One copy of the databases. Run again, it passes over what came whole and has not changed since."""

    pod: Pod
    source: Source
    room: Room
    report: Report
    console: Console
    courses: Sequence[str]
    """Names under which the source may have the database of courses in MongoDB."""
    _seen: dict[str, list[str]] = field(default_factory=lambda: {"table": [], "collection": []})

    def run(self, found: Mapping[str, Any]) -> None:
        """Copy and compare. `found`: what `look` tells of the target.

        Raises OperationError, with nothing changed that is in use, for dumps that are cut short or that
        today's indexes refuse, for a newer release, for too little room, and, unless this is a copy
        beforehand, for a source that changed meanwhile.
        """
        with self.report.step("checksums of the source"):
            before = self.source.fingerprint()
        dumps, archives = self.source.mysql(before, found["staged"]["table"]), self.source.mongodb()
        self._require_room(dumps, archives)
        for dump in dumps:
            self._load("load_mysql", dump, databases=dict(dump.databases), identities=dict(dump.identities))
        for archive in archives:
            self._load("load_mongodb", archive, databases=list(self.courses))
        with self.report.step("comparison"):
            changed = checks.changes(before, self.source.fingerprint())
            if not self.report.warm:
                checks.require_rest(changed)
            elif changed:
                self.report.notes.append(f"{len(changed)} tables of the old site changed meanwhile")
            self._prune(before, found["staged"]["table"])
            self._compare(found)

    def _load(self, action: str, dump: Dump, **request: Any) -> None:
        self.console.print(f"Copying {dump.name}", style="bold", highlight=False)
        with self.report.step(f"copying {dump.name}"), dump.open() as stream:
            answer = self.pod.ask(
                SCRIPT,
                {"action": action, "identity": dump.identity, **request},
                data=stream,
                on_line=self._print,
            )
        kind = "table" if action == "load_mysql" else "collection"
        self._seen[kind] += answer["seen"]
        self.report.notes += [f"{dump.name}: {name} is left out" for name in answer["left_out"]]
        self.report.notes += [f"{dump.name}: {line}" for line in answer.get("mended", ())]

    def _prune(self, fingerprint: Mapping[str, str], staged: Mapping[str, str]) -> None:
        """Of tables that were not sent again, those stay that are still as they were."""
        same = [
            f"{MAIN}.{name}" for name, checksum in fingerprint.items()
            if staged.get(f"{MAIN}.{name}") == f"checksum {checksum}"
        ]  # fmt: skip
        tables = [*self._seen["table"], *same]
        self.pod.ask(SCRIPT, {"action": "prune", "tables": tables, "collections": self._seen["collection"]})

    def _compare(self, found: Mapping[str, Any]) -> None:
        there = self.pod.ask(SCRIPT, {"action": "migrations_staged"})
        coming = checks.require_release(there, found["migrations"], self.report.release)
        if coming:
            self.report.notes.append(f"{coming} migrations of {self.report.release} are still to run over it")
        summary = self.pod.ask(SCRIPT, {"action": "summary"})
        self.report.tables, self.report.collections = summary["table"], summary["collection"]

    def _require_room(self, dumps: Sequence[Dump], archives: Sequence[Dump]) -> None:
        for store, parts in (("MySQL", dumps), ("MongoDB", archives)):
            sizes = [(each.name, each.size) for each in parts]
            needed = sum(checks.room_of(name, size) for name, size in sizes if size is not None)
            if needed:
                self.report.notes.append(checks.require_room(store, needed, self.room.free(store.lower())))

    def _print(self, line: str) -> None:
        self.console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)
