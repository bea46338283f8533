"""Watches the pods and volumes that Pulumi waits for, and stops a run that waits in vain.

A pod that can't become ready is reported and ends the run before Pulumi's time-outs; a volume that can't be
deleted because finished Jobs mount it has them deleted.
"""

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
from openedx_infra.operations.cluster.finished_jobs import CLAIM, delete_holders
from openedx_infra.operations.cluster.health import time_of
from openedx_infra.operations.cluster.pending_pods import KINDS, PendingPod, pending_pods
from openedx_infra.operations.cluster.status import log_tail
from openedx_infra.operations.cluster.stuck_pods import PodProblem, problem_of
from openedx_infra.operations.urn import Urn

if TYPE_CHECKING:
    from lightkube import Client

T = TypeVar("T")

POLL_SECONDS = 2.0
"""How often pods are read: three short lists of one namespace, while something is waited for."""

NOTICE_SECONDS = 40.0
"""After how long a pod that is not ready is reported, though it may yet become so."""


@dataclass(frozen=True, kw_only=True)
class HopelessPod:
    """A pod that can't become ready."""

    urn: Urn
    """Its workload."""
    pod: str
    problem: PodProblem
    log: Sequence[str]
    """The last lines that its container wrote."""

    def __str__(self) -> str:
        inside = f", container {self.problem.container}" if self.problem.container else ""
        return f"pod {self.pod}{inside}: {self.problem.reason}: {self.problem.message}"


@dataclass
class Watch:
    """Looks at the pods that Pulumi waits for, in a thread of its own, as long as its block lasts.

    `waiting` returns the resources that are under way, `deleting` those that are being deleted; `stop` is
    called once, when the first pod is hopeless.
    While the cluster does not answer, no pod is judged: Pulumi goes on waiting.
    """

    clients: Sequence[Client]
    waiting: Callable[[], Iterable[Urn]]
    stop: Callable[[], object]
    console: Console
    deleting: Callable[[], Iterable[Urn]] = tuple
    hopeless: list[HopelessPod] = field(default_factory=list)
    _since: dict[tuple[str, str], float] = field(default_factory=dict)
    """When each problem of a pod, by uid and family, was seen first, by this machine's clock."""
    _noticed: set[tuple[str, str]] = field(default_factory=set)
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
            self.free_volumes()
            self.look(time.monotonic())
            if self.hopeless:
                self.stop()
                return

    def look(self, now: float) -> None:
        """Look at all pods once, at a time in seconds."""
        urns = [urn for urn in self.waiting() if urn.kind in KINDS]
        for client in self.clients if urns else ():
            for each in _pods(client, urns):
                self._judge(each, client, now)

    def free_volumes(self) -> None:
        """Delete finished Jobs that keep a volume from being deleted."""
        waits = any(urn.kind == CLAIM for urn in self.deleting())
        for client in self.clients if waits else ():
            for name in _answer(partial(delete_holders, client)):
                why = "it has finished, and its volume is being deleted"
                text = f"  … Job {name} is deleted with its log: {why}"
                self.console.print(Text(text), soft_wrap=True)

    def _judge(self, each: PendingPod, client: Client, now: float) -> None:
        meta = each.pod.metadata
        uid, name = (meta.uid or "", meta.name or "") if meta else ("", "")
        problem = problem_of(each.pod, old=uid in self._old)
        if problem is None:
            return
        seconds = now - self._since.setdefault((uid, problem.family), now)
        if problem.patience is not None and seconds >= problem.patience:
            if warning := _warning(client, name) if problem.family == "start" else "":
                problem = replace(problem, message=f"{problem.message}; {warning}")
            log = log_tail(client, name, problem.container or None)
            self.hopeless.append(HopelessPod(urn=each.urn, pod=name, problem=problem, log=log))
        elif seconds >= NOTICE_SECONDS and (key := (each.urn.text, problem.family)) not in self._noticed:
            self._notice(each.urn, name, problem, _warning(client, name))
            self._noticed.add(key)

    def _notice(self, urn: Urn, pod: str, problem: PodProblem, warning: str) -> None:
        message = "; ".join(part for part in (problem.message, warning) if part)
        if message:
            inside = f", container {problem.container}" if problem.container else ""
            text = f"  … {urn}: pod {pod}{inside} is not ready: {problem.reason}: {message}"
            self.console.print(Text(text, "yellow"), soft_wrap=True)


def _pods(client: Client, urns: Sequence[Urn]) -> list[PendingPod]:
    return _answer(lambda: pending_pods(client, urns))


def _uids(client: Client) -> list[str]:
    """The pods that exist already."""
    from lightkube.resources.core_v1 import Pod

    pods = _answer(lambda: list(client.list(Pod)))
    return [pod.metadata.uid or "" for pod in pods if pod.metadata]


def _warning(client: Client, pod: str) -> str:
    """The cluster's last warning about a pod, such as why its probe fails; empty when there is none."""
    from lightkube.resources.core_v1 import Event

    events = _answer(lambda: list(client.list(Event, fields={"involvedObject.name": pod, "type": "Warning"})))
    last = max(events, key=time_of, default=None)
    return f"{last.reason}: {last.message}" if last else ""


def _answer(ask: Callable[[], list[T]]) -> list[T]:
    """What the cluster answers; nothing when it does not, as while its API server is restarted."""
    with suppress(ValueError, *no_answer()):
        return ask()
    return []
