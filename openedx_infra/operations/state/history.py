"""Pulumi's history of a stack: the configuration of each earlier `up`, without secrets."""

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
"""Updates that are read: a backend in a bucket fetches each by itself. A guess: a year of monthly changes,
each with its steps."""

_TRANSIENT = (f"{PROJECT}:{SECRETS_KEY}", f"{PROJECT}:maintenance")
"""Keys that make no new version: secrets are rotated, and maintenance comes and goes."""


@dataclass(frozen=True, kw_only=True)
class Update:
    """One `up`."""

    start: datetime
    end: datetime
    succeeded: bool
    config: Mapping[str, Any]
    """Its configuration, by full key such as `openedx:site`, without secrets."""

    @property
    def version(self) -> dict[str, Any]:
        """The part of its configuration that makes a version."""
        return version(self.config)

    @property
    def live_release(self) -> str | None:
        """The release that visitors reached. None: the configuration is from before there were several."""
        both = self.config.get(f"{PROJECT}:blue_green") or {}
        green = both.get("green", {}) if both.get("live") == "green" else {}
        return green.get("release") or self.config.get(f"{PROJECT}:release")


def version(config: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a configuration that makes a version: all that is set, without what is transient."""
    return {key: value for key, value in config.items() if value and key not in _TRANSIENT}


def updates(live: LiveStack, file: StackFile) -> list[Update]:
    """The updates since the last destroy, the newest first, including one that was killed."""
    past = finished(live, file)
    return [*_unfinished(live, file, past), *past]


def finished(live: LiveStack, file: StackFile) -> list[Update]:
    """The same without one that was killed."""
    present = takewhile(lambda entry: entry["kind"] != "destroy", entries(live))
    return [update_of(entry, file) for entry in present if entry["kind"] == "update"]


def entries(live: LiveStack, most: int = REACH) -> list[Mapping[str, Any]]:
    """The newest entries of Pulumi's history as its CLI prints them, the newest first."""
    page = ["--page", "1", "--page-size", str(most)]
    found: list[Mapping[str, Any]] = json.loads(
        live.run("stack", "history", "--json", "--full-dates", *page, "--stack", live.name)
    )
    return found


def _unfinished(live: LiveStack, file: StackFile, past: Sequence[Update]) -> Iterator[Update]:
    """An update that was killed: it is in the state alone, and its configuration is that of the file."""
    if past and live.state()["deployment"].get("pending_operations"):
        config = {key: value for key, value in file.config.items() if key != _TRANSIENT[0]}
        start = past[0].end + timedelta(microseconds=1)
        yield Update(start=start, end=datetime.now(UTC), succeeded=False, config={**past[0].config, **config})


def last_good(past: Sequence[Update], stack: str) -> Update:
    """The newest update that succeeded. Raises OperationError when there is none."""
    for update in past:
        if update.succeeded:
            return update
    raise OperationError(
        f"Pulumi knows of no `up` of stack {stack} that succeeded, so there is nothing to return to."
    )


def former(past: Sequence[Update], stack: str, back: int = 1) -> Update:
    """The newest update of the version before that of the newest update, or further back.

    One can't return to an `up` that failed, but one can return from it. Raises OperationError when the
    history doesn't reach so far.
    """
    versions = list(_versions(past))
    if len(versions) > back:
        return versions[back]
    raise OperationError(
        f"Pulumi's history of stack {stack} has {max(len(versions) - 1, 0)} earlier versions, so it can't go "
        f"back by {back}.",
        remedy="restore the stack file that you want, for instance from version control, and run `up`",
    )


def _versions(past: Sequence[Update]) -> Iterator[Update]:
    """The newest update, and then the newest successful one of each version before."""
    current: dict[str, Any] | None = None
    for update in past:
        if current is None or (update.succeeded and update.version != current):
            current = update.version
            yield update


def between(past: Sequence[Update], target: Update) -> datetime:
    """A moment between the end of the target and the start of the next update: half-way, as clocks differ."""
    later = [update.start for update in past if update.start > target.start]
    return target.end + (min(later, default=datetime.now(UTC)) - target.end) / 2


def update_of(entry: Mapping[str, Any], file: StackFile) -> Update:
    """The update that an entry of Pulumi's history tells of."""
    values = {
        key: entry.get("objectValue", entry.get("value"))
        for key, entry in entry["config"].items()
        if not entry.get("secret")
    }
    # Pulumi.yaml once declared all keys with empty defaults, which are in the history of older updates.
    config = {key: value for key, value in values.items() if value not in ({}, [], "")}
    return Update(
        start=_time(entry["startTime"]),
        end=_time(entry["endTime"]),
        succeeded=entry["result"] == "succeeded",
        config=_unlocated(config) if file.local else config,
    )


def _unlocated(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration as in a local stack's file, which names no cluster: the address was added to it."""
    key = f"{PROJECT}:cluster"
    cluster = {name: value for name, value in (config.get(key) or {}).items() if name not in _ADDRESS}
    rest = {other: value for other, value in config.items() if other != key}
    return {**rest, key: cluster} if cluster else rest


_ADDRESS = ("context", "kubeconfig")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
