"""The verb status: whether what a stack created is there, as it was applied, and ready."""

from __future__ import annotations

import json as json_format
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.text import Text

from openedx_infra.config import BaseStack, Stack, controller_settings
from openedx_infra.config.controller_settings import ControllerSetting
from openedx_infra.operations.cluster import cron_status
from openedx_infra.operations.cluster.connection import answering, no_answer
from openedx_infra.operations.cluster.health import Row
from openedx_infra.operations.cluster.status import snapshot, table
from openedx_infra.operations.cluster.target import Target, target_of
from openedx_infra.operations.drift.drift import CHANGED, LEAVING, MISSING, Drift, drift
from openedx_infra.operations.drift.reader import Reader
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import questions
from openedx_infra.operations.stack_files.stack_file import StackFile
from openedx_infra.operations.state.open_stack import open_stack, tools

if TYPE_CHECKING:
    from openedx_infra.operations.state.live_stack import LiveStack

WATCH_SECONDS = 5.0
"""Pause between two looks of `--watch`. A guess: each reads the state, and all objects in 40 requests."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one look found."""

    rows: Sequence[Row]
    lines: Sequence[str]
    """What is to be read below the table."""
    strangers: Sequence[Row]
    """Objects that are not of the stack."""
    settings: Sequence[Row]
    """What the stack needs of its ingress controller's own configuration, which can't be read here."""
    good: bool
    """Whether everything is there, as it was applied, and ready."""

    def as_json(self) -> list[dict[str, Any]]:
        """All of it for machines, one map for each object or setting."""
        return [asdict(row) for row in (*self.rows, *self.strangers, *self.settings)]

    def rendered(self) -> RenderableType:
        """Table and lines."""
        lines = [Text(line) for line in self.lines]
        return Group(*([table(self.rows)] if self.rows else []), *lines)


def report(file: StackFile, stack: BaseStack, console: Console, *, json: bool = False) -> bool:
    """Print what of a stack is in its cluster, and return whether all of it is there and ready.

    Raises OperationError when the cluster does not answer.
    """
    found = look(file, stack)
    if json:
        print(json_format.dumps(found.as_json(), indent=2))
    else:
        console.print(found.rendered(), soft_wrap=not found.rows)
    return found.good


def look(file: StackFile, stack: BaseStack) -> Report:
    """What of a stack is in its cluster at this moment. Raises OperationError when it does not answer."""
    return _looking(file, stack)()


def watch(file: StackFile, stack: BaseStack, console: Console) -> bool:
    """Show the same again and again until Ctrl-C; return whether the last look found all of it ready.

    On a terminal the table is drawn anew; elsewhere it is printed whenever it has changed.
    """
    from rich.live import Live

    look_again = _looking(file, stack)
    found, before = look_again(), ""
    try:
        with Live(console=console, auto_refresh=False, screen=console.is_terminal) as live:
            while True:
                if console.is_terminal:
                    live.update(found.rendered(), refresh=True)
                elif (now := repr(found)) != before:
                    console.print(found.rendered())
                    before = now
                time.sleep(WATCH_SECONDS)
                found = look_again()
    except KeyboardInterrupt:
        return found.good


def _looking(file: StackFile, stack: BaseStack) -> Callable[[], Report]:
    """A function that looks once."""
    target = target_of(stack, local=file.local)
    live = open_stack(file, tools(Console(stderr=True))) if target.address else None
    return lambda: _look(file, stack, target, live)


def _look(file: StackFile, stack: BaseStack, target: Target, live: LiveStack | None) -> Report:
    differences, unknown = _drift(target, live, stack)
    ready = [row for client in target.clients() for row in snapshot(client).rows()]
    rows = [*_without(ready, differences.rows()), *differences.rows()]
    rows.sort(key=lambda row: (row.kind, row.name))
    lines = [*_summary(rows, file.name), *([unknown] if unknown else []), *_notes(differences)]
    settings: list[Row] = []
    if rows and isinstance(stack, Stack) and stack.cluster.context:
        lines += [line for client in list(target.clients())[:1] for line in questions.lines(stack, client)]
    if rows:
        lines += _about(stack, target)
        if live is not None and isinstance(stack, Stack) and stack.cluster.context:
            lines += [f"note: {note}" for note in controller_settings.notes(stack)]
            settings += map(_row_of, controller_settings.needed(stack))
    elif stack.namespaces:
        lines.append(f"Nothing runs in {target}: `openedx-infra up --stack {file.name}` brings it up.")
    else:
        lines.append(f"Nothing of stack {file.name} is to run in a cluster.")
    good = bool(rows or not stack.namespaces) and all(row.ready for row in rows) and not unknown
    strangers = differences.stranger_rows()
    return Report(rows=rows, lines=lines, strangers=strangers, settings=settings, good=good)


def _row_of(setting: ControllerSetting) -> Row:
    """A setting of the controller, which nobody knows to be wrong, and so counts as ready."""
    reason = f"{setting.key}: {setting.why}"
    return Row(kind="ControllerSetting", name=setting.setting, ready=True, count="not known", reason=reason)


def _drift(target: Target, live: LiveStack | None, stack: BaseStack) -> tuple[Drift, str]:
    """How the cluster differs from the state, and why that can't be said; empty when it can."""
    client = target.client()
    if live is None or client is None:
        return Drift(), ""
    try:
        state: dict[str, Any] = live.state() if live.exists() else {}
    except OperationError as error:
        return Drift(), f"Pulumi's state can't be read, so what is missing is not shown: {error.message}"
    with answering(remedy="is it running? `up` starts the embedded one"):
        return drift(Reader(client), state, stack.namespaces, stack.drift.ignore), ""


def _without(rows: Sequence[Row], others: Sequence[Row]) -> list[Row]:
    """Rows whose objects have no other one that says more."""
    named = {(row.kind, row.name) for row in others}
    return [row for row in rows if not (row.ready and (row.kind, row.name) in named)]


def _summary(rows: Sequence[Row], stack: str) -> Iterator[str]:
    if not rows:
        return
    waiting = sum(not row.ready for row in rows)
    yield f"{len(rows) - waiting} of {len(rows)} ready" + (f", {waiting} not" if waiting else "")
    counts = {row.count for row in rows}
    if MISSING in counts or LEAVING in counts:
        yield f"What is missing is created again by `openedx-infra up --stack {stack}`."
    if CHANGED in counts:
        yield f"What was changed is set back by `openedx-infra up --refresh --stack {stack}`."


def _notes(differences: Drift) -> Iterator[str]:
    if differences.strangers:
        names = ", ".join(f"{kind.kind} {name}" for kind, name in differences.strangers)
        yield f"Not of this stack: {names}. They stay as they are."
    if differences.unreadable:
        kinds = ", ".join(sorted({kind.kind for kind in differences.unreadable}))
        yield f"You may not read these kinds, so whether some are missing is unknown: {kinds}."


def _about(stack: BaseStack, target: Target) -> Iterator[str]:
    """What the stack file asks visitors to see, and the age of backups."""
    if not isinstance(stack, Stack):
        return
    if stack.maintenance.pause:
        yield "Paused: nothing of the platform runs, as the stack file says (openedx:maintenance.pause)."
    elif stack.maintenance.page:
        yield "Visitors get the maintenance page, as the stack file says (openedx:maintenance.page)."
    if stack.blue_green:
        yield f"Visitors reach the {stack.blue_green.live} version (openedx:blue_green.live)."
    if stack.backups:
        yield f"Last backup: {_last(target, stack.namespace, 'backup')}."
        if stack.backups.drill:
            yield f"Last proven restore: {_last(target, stack.restore_test_namespace, 'drill')}."


def _last(target: Target, namespace: str, name: str) -> str:
    """When a CronJob last succeeded, in words."""
    from lightkube.resources.batch_v1 import CronJob

    client = target.client()
    try:
        cron_jobs = list(client.list(CronJob, namespace=namespace)) if client else []
    except no_answer() as error:
        return f"unknown ({error or type(error).__name__})"
    when = cron_status.last_success(cron_jobs, name)
    return f"{when:%Y-%m-%d %H:%M %Z}" if when else "none yet"
