"""The verb history: who changed a stack when, from which commit, and which keys differed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from openedx_infra.config import PROJECT
from openedx_infra.operations.deploy.deploy import Request
from openedx_infra.operations.plan.differences import Difference, differences
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state import history
from openedx_infra.operations.state.live_stack import LiveStack
from openedx_infra.operations.state.open_stack import open_stack, tools

__all__ = ["Request", "Run", "runs", "show"]

SHOWN_KEYS = 3
"""Changed keys of a run that the table names; `--json` has all."""
_COMMIT = 10
"""Characters of a commit that are shown."""
_VERBS = {"update": "up", "destroy": "destroy", "refresh": "refresh", "import": "state import"}


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run that changed the stack, or was to."""

    number: int
    """Pulumi's version of the stack after it. 0: backends in a folder or bucket don't count."""
    verb: str
    """`up`, `destroy`, `refresh` or `state import`."""
    start: datetime
    seconds: int
    succeeded: bool
    who: str
    """Author of the commit that was checked out; empty where Pulumi saw no Git repository."""
    commit: str
    """That commit; empty as before."""
    dirty: bool
    """Whether files differed from the commit."""
    ci: str
    """Address or number of the CI run, where Pulumi recognized one; empty otherwise."""
    release: str
    """Named release that visitors reached; empty for a foundation."""
    counts: Mapping[str, int]
    """Number of resources by what was done: `create`, `update`, `replace`, `delete`, `same`."""
    keys: Sequence[Difference]
    """Keys of the stack file that differ from those of the `up` before; none of the first."""

    def as_json(self) -> dict[str, Any]:
        """All of it for machines."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "start": self.start.isoformat(),
            "counts": dict(self.counts),
            "keys": [{"key": each.name, **each.as_json()} for each in self.keys],
        }


_PLAIN = ("number", "verb", "seconds", "succeeded", "who", "commit", "dirty", "ci", "release")


def runs(live: LiveStack, file: StackFile, most: int = history.REACH) -> list[Run]:
    """The newest runs, the newest first."""
    found: list[Run] = []
    before: Mapping[str, Any] | None = None
    for entry in reversed(history.entries(live, most)):
        update = history.update_of(entry, file)
        changed = differences(before, update.config) if before is not None and _is_up(entry) else ()
        found.append(_run(entry, update, list(changed)))
        before = update.config if _is_up(entry) else before
    return found[::-1]


def show(request: Request, console: Console, *, as_json: bool = False, most: int = history.REACH) -> None:
    """Print them. Raises OperationError for a stack that was never brought up."""
    file = stack_file.read(request.name, request.config_file)
    found = runs(open_stack(file, tools(Console(stderr=True))), file, most)
    if as_json:
        print(json.dumps([each.as_json() for each in found], indent=2, ensure_ascii=False))
        return
    if not found:
        console.print(f"Nothing was done with stack {request.name} yet.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    counted = any(each.number for each in found)
    for column in (*(["Run"] if counted else []), "When (UTC)", "Who", "Commit", "Result"):
        table.add_column(column, no_wrap=True)
    table.add_column("What changed", overflow="fold")
    for each in found:
        result = Text(each.verb, "" if each.succeeded else "red")
        result.append("" if each.succeeded else " failed")
        when = f"{each.start:%Y-%m-%d %H:%M}"
        number = [str(each.number)] if counted else []
        table.add_row(*number, when, each.who, _commit(each), result, Text(_changes(each)))
    console.print(table, highlight=False)


def _is_up(entry: Mapping[str, Any]) -> bool:
    return bool(entry["kind"] == "update")


def _run(entry: Mapping[str, Any], update: history.Update, keys: Sequence[Difference]) -> Run:
    about = entry.get("environment") or {}
    return Run(
        number=int(entry.get("version") or 0),
        verb=_VERBS.get(entry["kind"], entry["kind"]),
        start=update.start,
        seconds=round((update.end - update.start).total_seconds()),
        succeeded=update.succeeded,
        who=about.get("git.author") or about.get("git.committer") or "",
        commit=about.get("git.head", ""),
        dirty=about.get("git.dirty") == "true",
        ci=about.get("ci.build.url") or about.get("ci.build.id") or "",
        release=update.live_release or "",
        counts=entry.get("resourceChanges") or {},
        keys=keys,
    )


def _commit(run: Run) -> str:
    return f"{run.commit[:_COMMIT]}{' and more' if run.dirty else ''}"


def _changes(run: Run) -> str:
    """Keys with both values, or how many resources where no key differs."""
    if run.keys:
        named = [f"{each.name.removeprefix(f'{PROJECT}:')} {each}" for each in run.keys[:SHOWN_KEYS]]
        more = len(run.keys) - len(named)
        return "; ".join([*named, *([f"{more} more keys"] if more else [])])
    done = {name: count for name, count in run.counts.items() if name != "same"}
    return ", ".join(f"{count} {name}" for name, count in done.items()) or "nothing"
