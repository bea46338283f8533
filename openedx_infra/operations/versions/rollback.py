"""The verb rollback: an instance returns to earlier images and settings, with today's secrets.

The configuration comes from Pulumi's history. The database stays as it is: whether the earlier code can run
with it is checked by the image that changed it, in the cluster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.console import Console

from openedx_infra.config import PROJECT
from openedx_infra.config.versions import newest_version
from openedx_infra.operations.cluster.run_job import run_job
from openedx_infra.operations.cluster.target import target_of
from openedx_infra.operations.deploy import deploy
from openedx_infra.operations.deploy.deploy import Confirm, Request
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import editing, stack_file
from openedx_infra.operations.stack_files.overlay import instead
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state import history
from openedx_infra.operations.state.history import Update
from openedx_infra.operations.state.open_stack import open_stack, tools
from openedx_infra.operations.versions import switch, upgrade

__all__ = ["Options", "Request", "returned", "rollback"]

_OF_THE_DATABASE = (f"{PROJECT}:release", f"{PROJECT}:images")
"""Keys whose change brings other migrations."""
_OF_TODAY = (f"{PROJECT}:maintenance", f"{PROJECT}:backups")
"""Keys that stay as they are today: returning to an older version must not end its backups."""
_DATASTORES = f"{PROJECT}:datastores"
_PROTECT = "protect"


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to return."""

    back: int = 1
    """How many versions."""
    accept_database: bool = False
    """Whether to return although the database has changed, or can't be checked."""
    write: bool = False
    """Whether to write the earlier configuration into the stack file."""


def rollback(request: Request, console: Console, options: Options, *, confirm: Confirm | None = None) -> None:
    """Bring back an earlier version of an instance.

    Raises OperationError when there is none, and when the database forbids it; then nothing was changed.
    """
    file = stack_file.read(request.name, request.config_file)
    live = open_stack(file, tools(console))
    past = history.updates(live, file)
    target = history.former(past, file.name, options.back)
    if _was_switched(past[0], target):
        switch.switch(request, console, confirm=confirm)
        return
    _print_changes(past, target, console)
    if _database_changed(past, target):
        _require_database(file, past, target, options, console)
    config = returned(target.config, file.config)
    with instead(file, config) as path:
        then = replace(request, config_file=path, earlier_release=True)
        if confirm:
            deploy.preview(then, console)
            if not confirm(f"Return stack {file.name} to this?"):
                return
        upgrade.up(then, console)
    _update_file(file, past, target, console, write=options.write)


def returned(then: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """The earlier configuration, but with today's values of what protects the data."""
    config = {key: value for key, value in then.items() if key not in _OF_TODAY}
    config |= {key: now[key] for key in _OF_TODAY if key in now}
    stores, today = dict(config.get(_DATASTORES) or {}), now.get(_DATASTORES) or {}
    stores.pop(_PROTECT, None)
    if _PROTECT in today:
        stores[_PROTECT] = today[_PROTECT]
    return {**config, _DATASTORES: stores} if stores or _DATASTORES in config else config


def _was_switched(now: Update, before: Update) -> bool:
    """Whether the other of two versions, which still exists, served before."""
    sections = [update.config.get(f"{PROJECT}:blue_green") for update in (now, before)]
    return all(sections) and len({each.get("live", "blue") for each in sections if each}) == 2


def _print_changes(past: Sequence[Update], target: Update, console: Console) -> None:
    until = min(update.start for update in past if update.start > target.start)
    console.print(
        f"Back to the version that was up until {until:%d %B %Y, %H:%M} UTC. "
        "The database and the secrets stay as they are.",
        soft_wrap=True,
    )
    for key in _differing(past[0].version, target.version):
        now, then = (_shown(update.config.get(key)) for update in (past[0], target))
        console.print(f"  {key}: {now} → {then}", soft_wrap=True, highlight=False, markup=False)


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def _shown(value: Any) -> str:
    text = str(value or "not set")
    return text if len(text) <= 100 else f"{text[:99]}…"


def _database_changed(past: Sequence[Update], target: Update) -> bool:
    """Whether any `up` since, even a failed one, was of another release or image."""
    since = [update.config for update in past if update.start > target.start]
    return any(config.get(key) != target.config.get(key) for config in since for key in _OF_THE_DATABASE)


def _require_database(
    file: StackFile, past: Sequence[Update], target: Update, options: Options, console: Console
) -> None:
    """Raise OperationError when the earlier code can't run with the database, or that can't be checked."""
    if options.accept_database:
        console.print("The database is not checked, as you accept it as it is.")
        return
    stack = stack_file.instance(file, placeholders=True)
    client = target_of(stack, local=file.local).client()
    assert client is not None  # an instance has a cluster
    moment = history.between(past, target).isoformat()
    console.print(f"What was done to the database since {moment}:", soft_wrap=True, highlight=False)
    try:
        run_job(
            client,
            f"migration-check{newest_version(stack).suffix}",
            lambda line: console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True),
            env={"SINCE": moment},
        )
    except OperationError as error:
        raise OperationError(
            "The database forbids it: the earlier code may fail on it, or damage it. Nothing was changed. "
            f"{error.message}",
            remedy="upgrade to a version that works; or restore the backup from before the migrations; or "
            "read the migrations named above, and if the earlier code can run with what they did, "
            "pass --accept-database",
        ) from error


def _update_file(
    file: StackFile, past: Sequence[Update], target: Update, console: Console, *, write: bool
) -> None:
    """Write what is up into the stack file, or print that the file differs."""
    changed = {
        key: target.config.get(key)
        for key in _differing(past[0].version, target.version)
        if file.config.get(key) != target.config.get(key)
    }
    if not changed:
        return
    if write:
        editing.edit(file.path, lambda config: _apply(config, changed))
        console.print(f"{file.path.name} was changed accordingly: {', '.join(changed)}.", soft_wrap=True)
    else:
        console.print(
            f"{file.path.name} still has what was rolled back ({', '.join(changed)}): the next `up` would "
            "bring it back. Restore the file as well; with --write, this command does that.",
            soft_wrap=True,
        )


def _apply(config: Any, changed: Mapping[str, Any]) -> None:
    for key, value in changed.items():
        if value:
            config[key] = value
        else:
            config.pop(key, None)
