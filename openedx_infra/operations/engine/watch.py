"""Does Pulumi wait in vain? For what never becomes ready: told, and stopped, before patience runs out. For a
volume that runs which are over hold: they give way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from rich.console import Console
from rich.text import Text

from openedx_infra.operations.cluster.connection import no_answer
from openedx_infra.operations.cluster.finished_jobs import CLAIM, let_go
from openedx_infra.operations.cluster.health import when
from openedx_infra.operations.cluster.pending_pods import KINDS, Awaited, awaited
from openedx_infra.operations.cluster.status import log_tail
from openedx_infra.operations.cluster.stuck_pods import Trouble, trouble
from openedx_infra.operations.urn import Urn

if TYPE_CHECKING:
    from lightkube import Client

T = TypeVar("T")

POLL_SECONDS = 2.0
"""How often pods are looked at: three short lists of one namespace, while something is waited for."""

NOTICE_SECONDS = 40.0
"""After how long a pod that is not ready is told of, though it may yet become so."""


@dataclass(frozen=True, kw_only=True)
class Condemned:
    """A pod that can't become ready."""

    urn: Urn
    """Its workload."""
    pod: str
    trouble: Trouble
    log: Sequence[str]
    """The last lines that its container wrote."""

    def __str__(self) -> str:
        inside = f", container {self.trouble.container}" if self.trouble.container else ""
        return f"pod {self.pod}{inside}: {self.trouble.reason}: {self.trouble.said}"


@dataclass
class Watch:
    """Looks at the pods that Pulumi waits for, in a thread of its own, as long as its block lasts.

    `waiting` tells which resources are under way, and `going` which are being deleted; `stop` is called once,
    when the first pod is condemned.
    What can't be asked is left to Pulumi: a cluster that does not answer condemns nobody.
    """

    clients: Sequence[Client]
    waiting: Callable[[], Iterable[Urn]]
    stop: Callable[[], object]
    console: Console
    going: Callable[[], Iterable[Urn]] = tuple
    condemned: list[Condemned] = field(default_factory=list)
    _since: dict[tuple[str, str], float] = field(default_factory=dict)
    """When each trouble of a pod, by uid and family, was seen first: by our own clock, as those of others are
    wrong."""
    _told: set[tuple[str, str]] = field(default_factory=set)
    _old: frozenset[str] = frozenset()
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        if self.clients:
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()

    def _watch(self) -> None:
        self._old = frozenset(uid for client in self.clients for uid in _uids(client))
        while not self._over.wait(POLL_SECONDS):
            self.let_go()
            self.look(time.monotonic())
            if self.condemned:
                self.stop()
                return

    def look(self, now: float) -> None:
        """Look at all pods once, at a time in seconds."""
        urns = [urn for urn in self.waiting() if urn.kind in KINDS]
        for client in self.clients if urns else ():
            for each in _asked(client, urns):
                self._judge(each, client, now)

    def let_go(self) -> None:
        """Have runs that are over give way where a volume can't go because of them."""
        held = any(urn.kind == CLAIM for urn in self.going())
        for client in self.clients if held else ():
            for name in _answer(partial(let_go, client)):
                text = f"  … Job {name} is deleted with its log: it is over, and its volume is to go"
                self.console.print(Text(text), soft_wrap=True)

    def _judge(self, each: Awaited, client: Client, now: float) -> None:
        meta = each.pod.metadata
        uid, name = (meta.uid or "", meta.name or "") if meta else ("", "")
        found = trouble(each.pod, old=uid in self._old)
        if found is None:
            return
        seconds = now - self._since.setdefault((uid, found.family), now)
        if found.patience is not None and seconds >= found.patience:
            if warning := _warning(client, name) if found.family == "start" else "":
                found = replace(found, said=f"{found.said}; {warning}")
            log = log_tail(client, name, found.container or None)
            self.condemned.append(Condemned(urn=each.urn, pod=name, trouble=found, log=log))
        elif seconds >= NOTICE_SECONDS and (key := (each.urn.text, found.family)) not in self._told:
            self._notice(each.urn, name, found, _warning(client, name))
            self._told.add(key)

    def _notice(self, urn: Urn, pod: str, found: Trouble, warning: str) -> None:
        said = "; ".join(part for part in (found.said, warning) if part)
        if said:
            inside = f", container {found.container}" if found.container else ""
            text = f"  … {urn}: pod {pod}{inside} is not ready: {found.reason}: {said}"
            self.console.print(Text(text, "yellow"), soft_wrap=True)


def _asked(client: Client, urns: Sequence[Urn]) -> list[Awaited]:
    return _answer(lambda: awaited(client, urns))


def _uids(client: Client) -> list[str]:
    """The pods that are there already."""
    from lightkube.resources.core_v1 import Pod

    pods = _answer(lambda: list(client.list(Pod)))
    return [pod.metadata.uid or "" for pod in pods if pod.metadata]


def _warning(client: Client, pod: str) -> str:
    """The cluster's last warning about a pod, such as why its probe fails; empty when there is none."""
    from lightkube.resources.core_v1 import Event

    events = _answer(lambda: list(client.list(Event, fields={"involvedObject.name": pod, "type": "Warning"})))
    last = max(events, key=when, default=None)
    return f"{last.reason}: {last.message}" if last else ""


def _answer(ask: Callable[[], list[T]]) -> list[T]:
    """What the cluster answers; nothing when it does not, as while its API server is restarted."""
    with suppress(ValueError, *no_answer()):
        return ask()
    return []
