"""What was up before? Pulumi's history of a stack, with what its file said each time, secrets left out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from openedx_infra.config import PROJECT, SECRETS_KEY
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state.live_stack import LiveStack

REACH = 50
"""Updates that are looked at: a backend in a bucket fetches each by itself. A guess: a year of monthly
changes, each with its steps."""

_PASSING = (f"{PROJECT}:{SECRETS_KEY}", f"{PROJECT}:maintenance")
"""Keys that make no other version: secrets are rotated, and maintenance comes and goes."""


@dataclass(frozen=True, kw_only=True)
class Update:
    """One `up`."""

    start: datetime
    end: datetime
    succeeded: bool
    config: Mapping[str, Any]
    """What its stack file said, by full key such as `openedx:site`; secrets aren't in it."""

    @property
    def version(self) -> dict[str, Any]:
        """What of it makes a version."""
        return version(self.config)

    @property
    def live_release(self) -> str | None:
        """The release that visitors reached. None: its stack file was from before there were several."""
        both = self.config.get(f"{PROJECT}:blue_green") or {}
        green = both.get("green", {}) if both.get("live") == "green" else {}
        return green.get("release") or self.config.get(f"{PROJECT}:release")


def version(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of a configuration makes a version: all that says something, but for what is passing."""
    return {key: value for key, value in config.items() if value and key not in _PASSING}


def updates(live: LiveStack, file: StackFile) -> list[Update]:
    """The updates of a stack that made what it is now, the newest first, with one that was killed."""
    past = finished(live, file)
    return [*_unfinished(live, file, past), *past]


def finished(live: LiveStack, file: StackFile) -> list[Update]:
    """The same without what was killed."""
    page = ["--page", "1", "--page-size", str(REACH)]
    told = json.loads(live.run("stack", "history", "--json", "--full-dates", *page, "--stack", live.name))
    present = takewhile(lambda entry: entry["kind"] != "destroy", told)
    return [_update(entry, file) for entry in present if entry["kind"] == "update"]


def _unfinished(live: LiveStack, file: StackFile, past: Sequence[Update]) -> Iterator[Update]:
    """An update that was killed. History doesn't know it: the state does, and the file says what it was."""
    if past and live.state()["deployment"].get("pending_operations"):
        said = {key: value for key, value in file.config.items() if key != _PASSING[0]}
        start = past[0].end + timedelta(microseconds=1)
        yield Update(start=start, end=datetime.now(UTC), succeeded=False, config={**past[0].config, **said})


def last_good(past: Sequence[Update], stack: str) -> Update:
    """The newest update that succeeded. Raises OperationError when there is none."""
    for update in past:
        if update.succeeded:
            return update
    raise OperationError(
        f"Pulumi knows of no `up` of stack {stack} that succeeded, so there is nothing to return to."
    )


def former(past: Sequence[Update], stack: str, back: int = 1) -> Update:
    """The version before the one of the newest update, or further back; of it, the newest update.

    An `up` that failed made no version that one could return to, but is left behind as one. Raises
    OperationError when the history doesn't reach so far.
    """
    versions = list(_versions(past))
    if len(versions) > back:
        return versions[back]
    raise OperationError(
        f"Pulumi's history of stack {stack} has {len(versions) - 1} earlier versions, so it can't go back by "
        f"{back}.",
        remedy="write into the stack file what it shall be, for instance from version control, and run `up`",
    )


def _versions(past: Sequence[Update]) -> Iterator[Update]:
    """The newest update, and then the newest successful one of each version before."""
    known: dict[str, Any] | None = None
    for update in past:
        if known is None or (update.succeeded and update.version != known):
            known = update.version
            yield update


def between(past: Sequence[Update], target: Update) -> datetime:
    """A moment when the target was up, and nothing after it had begun: half-way, as clocks differ."""
    later = [update.start for update in past if update.start > target.start]
    return target.end + (min(later, default=datetime.now(UTC)) - target.end) / 2


def _update(entry: Mapping[str, Any], file: StackFile) -> Update:
    said = {
        key: entry.get("objectValue", entry.get("value"))
        for key, entry in entry["config"].items()
        if not entry.get("secret")
    }
    # Pulumi.yaml once declared all keys with empty defaults, which are in the history of older updates.
    config = {key: value for key, value in said.items() if value not in ({}, [], "")}
    return Update(
        start=_time(entry["startTime"]),
        end=_time(entry["endTime"]),
        succeeded=entry["result"] == "succeeded",
        config=_unlocated(config) if file.local else config,
    )


def _unlocated(config: Mapping[str, Any]) -> dict[str, Any]:
    """A local stack's file names no cluster: where that is was said for it."""
    key = f"{PROJECT}:cluster"
    cluster = {name: value for name, value in (config.get(key) or {}).items() if name not in _ADDRESS}
    rest = {other: value for other, value in config.items() if other != key}
    return {**rest, key: cluster} if cluster else rest


_ADDRESS = ("context", "kubeconfig")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
