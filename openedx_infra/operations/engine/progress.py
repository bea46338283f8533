"""What a person sees while Pulumi works: a line for each finished resource, and what is waited for."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from openedx_infra.operations.cluster import operator_status
from openedx_infra.operations.engine.events import Event, Failed, Finished, Message, Outputs, Started, Summary
from openedx_infra.operations.urn import Urn

HEARTBEAT_SECONDS = 30.0
"""How often what is waited for is printed where lines can't be redrawn (a log). A guess."""

SHOWN = 8
"""How many waiting things are listed at once."""

_ALWAYS_SHOWN = (
    "Namespace",
    "PersistentVolumeClaim",
    "StatefulSet",
    "Deployment",
    "Job",
    "Ingress",
    *operator_status.NAMES,
    "Instance",
    "Cluster",
    "ClusterInstance",
    "ReplicationGroup",
    "Domain",
    "Bucket",
)
"""Kinds of which each is shown, whatever happens. An instance has some 80 others, created in a moment."""

_VERBS = {
    "create": ("+", "green", "created"),
    "update": ("~", "yellow", "updated"),
    "delete": ("-", "red", "deleted"),
    "create-replacement": ("±", "yellow", "replaced"),
    "import": ("=", "green", "imported"),
}
"""Mark, colour and word of Pulumi's operations that are shown; deleting what was replaced is not."""


_CUT_OFF = "KeyboardInterrupt"
"""Last line of the traceback of a program that Pulumi interrupts."""


@dataclass
class _Waiting:
    since: float
    op: str
    doing: str = ""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A resource on which Pulumi failed."""

    urn: Urn
    op: str
    why: tuple[str, ...]
    """Messages about it."""


@dataclass
class Progress:
    """Shows Pulumi's events; afterwards it holds what failed and what was changed."""

    console: Console
    usual: str = "create"
    """The operation that is not shown of small resources, as it is done to all: `create` or `delete`."""
    summary: Summary | None = None
    _waiting: dict[str, _Waiting] = field(default_factory=dict)
    _errors: dict[str, list[str]] = field(default_factory=dict)
    _failed: dict[str, str] = field(default_factory=dict)
    _printed: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _live: Live | None = None
    _spinner: Spinner = field(default_factory=lambda: Spinner("dots", style="cyan"))

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live = Live(console=self.console, get_renderable=self._renderable, transient=True)
            self._live.start()
        else:
            threading.Thread(target=self._heartbeat, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._live:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take in one event; called from another thread."""
        with self._lock:
            match event:
                case Started():
                    self._start(event)
                case Finished():
                    self._finish(event)
                case Failed():
                    self._fail(event)
                case Message():
                    self._take_message(event)
                case Summary():
                    self.summary = event

    @property
    def failures(self) -> list[Failure]:
        """Resources that failed, with the messages about each."""
        return [
            Failure(urn=Urn(urn), op=op, why=tuple(self._errors.get(urn, ())))
            for urn, op in self._failed.items()
        ]

    def making(self) -> list[Urn]:
        """What is being created or changed at this moment."""
        with self._lock:
            return [Urn(urn) for urn, waiting in self._waiting.items() if waiting.op != "delete"]

    def deleting(self) -> list[Urn]:
        """What is being deleted at this moment."""
        with self._lock:
            return [Urn(urn) for urn, waiting in self._waiting.items() if waiting.op == "delete"]

    @property
    def errors(self) -> list[str]:
        """Errors about no resource that failed: the program's own."""
        return [text for urn, texts in self._errors.items() if urn not in self._failed for text in texts]

    @property
    def printed(self) -> list[str]:
        """What the program printed on its standard error, line by line.

        Empty when a resource failed or was refused: Pulumi then interrupts the program, which prints a
        traceback.
        """
        interrupted = bool(self._failed) or any(line.strip() == _CUT_OFF for line in self._printed)
        return [] if interrupted else self._printed

    def _start(self, event: Started) -> None:
        if event.op in _VERBS and event.urn.is_shown:
            self._waiting[event.urn.text] = _Waiting(time.monotonic(), event.op)

    def _finish(self, event: Finished) -> None:
        waiting = self._waiting.pop(event.urn.text, None)
        quiet = event.op == self.usual and event.urn.kind not in _ALWAYS_SHOWN
        if event.op in _VERBS and event.urn.is_shown and not quiet:
            self._print(event.urn, *_VERBS[event.op], waiting)

    def _fail(self, event: Failed) -> None:
        waiting = self._waiting.pop(event.urn.text, None)
        self._failed[event.urn.text] = event.op
        self._print(event.urn, "✗", "bold red", "failed", waiting)

    def _take_message(self, event: Message) -> None:
        urn = event.urn.text if event.urn else ""
        if event.passing or event.severity == "info":
            if urn in self._waiting:
                self._waiting[urn].doing = event.text.splitlines()[0] if event.text else ""
        elif event.severity == "error" and event.text:
            self._errors.setdefault(urn, []).append(event.text)
        elif event.severity == "info#err":
            self._printed.append(event.text)
        elif event.severity == "warning" and event.text:
            self.console.print(Text(f"  ! {event.text}", "yellow"), soft_wrap=True)

    def _print(self, urn: Urn, mark: str, style: str, word: str, waiting: _Waiting | None) -> None:
        seconds = time.monotonic() - waiting.since if waiting else 0
        took = f"  {_time(seconds)}" if seconds >= 1 else ""
        line = Text.assemble(
            (f"  {mark} ", style), f"{word:<16}{urn.owner:<16}", (str(urn), "bold"), (took, "dim")
        )
        self.console.print(line, soft_wrap=True)
        if self._live:
            self._live.refresh()

    def _renderable(self) -> RenderableType:
        with self._lock:
            idle = "reading the outputs" if self.summary else "comparing the program with the state"
            self._spinner.update(text=Text("\n  ".join(self._lines()) or idle))
        return self._spinner

    def _lines(self) -> list[str]:
        now = time.monotonic()
        longest = sorted(self._waiting.items(), key=lambda item: item[1].since)
        lines = [
            f"{Urn(urn)}  {_time(now - waiting.since)}  {waiting.doing}".rstrip()
            for urn, waiting in longest[:SHOWN]
        ]
        rest = len(longest) - SHOWN
        return [*lines, f"and {rest} more"] if rest > 0 else lines

    def _heartbeat(self) -> None:
        while not self._stop.wait(HEARTBEAT_SECONDS):
            with self._lock:
                lines = "; ".join(self._lines()) or "Pulumi works"
            self.console.print(f"  … {lines}", soft_wrap=True, highlight=False)


@dataclass
class Plan:
    """Collects what a preview would change."""

    steps: list[Started] = field(default_factory=list)
    summary: Summary | None = None
    errors: list[str] = field(default_factory=list)
    outputs: Outputs | None = None

    def __call__(self, event: Event) -> None:
        """Take in one event; called from another thread."""
        match event:
            case Outputs():
                self.outputs = event
            case Started(op=op) if op not in ("same", "read", "refresh"):
                self.steps.append(event)
            case Message(severity="error", text=text):
                self.errors.append(text)
            case Summary():
                self.summary = event
            case _:
                pass

    def show(self, console: Console) -> None:
        """Print what would change, each with the properties that differ."""
        for step in self.steps:
            if step.op in _VERBS and step.urn.is_shown:
                mark, style, _ = _VERBS[step.op]
                changed = dict.fromkeys(_READ.sub("what it reads", path) for path in step.changed)
                paths = f"  [{', '.join(changed)}]" if changed else ""
                console.print(
                    Text.assemble(
                        (f"  {mark} ", style), f"{step.urn.owner:<16}", (str(step.urn), "bold"), paths
                    ),
                    soft_wrap=True,
                )


_READ = re.compile(
    r"^spec\.(jobTemplate\.spec\.)?template\.spec\.volumes\[.*\.(configMap\.name|secret\.name|secretName)$"
)
"""A pod's volume that refers to another ConfigMap or Secret."""


def counted(changes: Mapping[str, int], *, future: bool = False) -> str:
    """What was done, or would be, in words: `12 created, 3 updated, 80 unchanged`."""
    done = {op: f"{changes[op]} {past}" for op, past in _PAST.items() if changes.get(op)}
    if not done.keys() - {"same"}:
        return "no changes" + (f" ({done['same']})" if done else "")
    return ("would be " if future else "") + ", ".join(done.values())


_PAST = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "same": "unchanged",
}


def _time(seconds: float) -> str:
    """Write a duration for people: 42 s, 3:07 min."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60}:{whole % 60:02d} min"
