"""The verb logs: logs of all pods of a component, or of the whole platform, as one."""

from __future__ import annotations

import heapq
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.cluster.job_log import simulated
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods.components import COMPONENT, PLATFORM, SOFTWARE, matching
from openedx_infra.operations.pods.log_stream import Line, LogStream, NoLogYet, Wanted

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.resources.core_v1 import Pod

__all__ = ["Line", "Wanted", "follow", "read"]

LOOK_SECONDS = 3.0
"""How often new pods are looked for while logs are followed: a guess, between haste and load."""
_OF_A_JOB = "batch.kubernetes.io/job-name"

Show = Callable[[Line], object]
Note = Callable[[str], object]


def read(client: Client, component: str | None, wanted: Wanted, show: Show, note: Note) -> None:
    """Show the lines of all pods of a component in the order of their times; None: of the platform's code.

    `note` gets the containers that have no log. Raises OperationError when there is no such component, when
    none has a log, or when nodes are simulated.
    """
    streams = _streams(client, component)
    reasons: list[str] = []
    logs = [list(_readable(stream, wanted, reasons)) for stream in streams]
    if len(reasons) == len(streams):
        raise OperationError("There is no log to show. " + " ".join(reasons))
    for reason in reasons:
        note(reason)
    for line in heapq.merge(*logs, key=lambda line: line.time):
        show(line)


def follow(client: Client, component: str | None, wanted: Wanted, show: Show, note: Note) -> None:
    """Show lines as they come, also of pods that start meanwhile, until Ctrl-C. Else as `read`."""
    lines: queue.Queue[Line | str] = queue.Queue()
    readers: dict[tuple[str, str], _Reader] = {}
    looked = 0.0
    try:
        while True:
            if time.monotonic() - looked >= LOOK_SECONDS:
                looked = time.monotonic()
                for stream in _streams(client, component, waiting=bool(readers)):
                    reader = readers.setdefault(
                        (stream.pod, stream.container), _Reader(stream, wanted, lines)
                    )
                    reader.begin()
            try:
                line = lines.get(timeout=LOOK_SECONDS / 2)
            except queue.Empty:
                continue
            show(line) if isinstance(line, Line) else note(line)
    except KeyboardInterrupt:
        return


class _Reader:
    """Reads one log in a thread of its own; begun again, it goes on where it stopped."""

    def __init__(self, stream: LogStream, wanted: Wanted, lines: queue.Queue[Line | str]) -> None:
        self._stream = stream
        self._wanted = wanted
        self._lines = lines
        self._thread: threading.Thread | None = None
        self._reason = ""

    def begin(self) -> None:
        """Read on, unless it is being read."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._read, daemon=True)
            self._thread.start()

    def _read(self) -> None:
        try:
            for line in self._stream.lines(self._wanted):
                self._lines.put(line)
        except OperationError as error:
            if error.message != self._reason:
                self._reason = error.message
                self._lines.put(error.message)


def _readable(stream: LogStream, wanted: Wanted, reasons: list[str]) -> Iterator[Line]:
    try:
        yield from stream.lines(wanted)
    except NoLogYet as error:
        reasons.append(f"{error.message}.")


def _streams(client: Client, component: str | None, *, waiting: bool = False) -> list[LogStream]:
    """The logs of the containers of all pods that are meant. `waiting`: there may be none just now."""
    pods = _pods(client, component, waiting=waiting)
    with answering():
        if pods and not waiting and all(simulated(client, pod) for pod in pods):
            raise OperationError(
                "This cluster's nodes are simulated, where containers don't run: there are no logs.",
                remedy="name a real cluster in openedx:cluster.context (k3s will do)",
            )
    return [LogStream(client, _name(pod), container) for pod in pods for container in _started(pod)]


def _pods(client: Client, component: str | None, *, waiting: bool) -> list[Pod]:
    from lightkube.resources.core_v1 import Pod as PodObject

    with answering():
        pods = [pod for pod in client.list(PodObject) if COMPONENT in _labels(pod)]
    if component is None:
        chosen = [
            pod for pod in pods if _labels(pod).get(SOFTWARE) == PLATFORM and _OF_A_JOB not in _labels(pod)
        ]
    elif waiting:
        chosen = [pod for pod in pods if _means(component, pod)]
    else:
        names = matching(component, {_labels(pod)[COMPONENT] for pod in pods})
        chosen = [pod for pod in pods if _labels(pod)[COMPONENT] in names]
    if not chosen and not waiting:
        raise OperationError(
            f"No pod of the platform is in namespace {client.namespace}.",
            remedy="`openedx-infra status` shows what there is; `openedx-infra start` starts a stopped site",
        )
    return chosen


def _means(component: str, pod: Pod) -> bool:
    try:
        return bool(matching(component, {_labels(pod)[COMPONENT]}))
    except OperationError:
        return False


def _started(pod: Pod) -> Sequence[str]:
    """Containers that have, or had, something to write. A pod that has none yet counts with its first."""
    status = pod.status
    states = [
        *((status and status.initContainerStatuses) or ()),
        *((status and status.containerStatuses) or ()),
    ]
    started = [
        each.name
        for each in states
        if each.restartCount or (each.state and (each.state.running or each.state.terminated))
    ]
    return started or [each.name for each in (pod.spec.containers[:1] if pod.spec else ())]


def _labels(pod: Pod) -> dict[str, str]:
    return (pod.metadata and pod.metadata.labels) or {}


def _name(pod: Pod) -> str:
    assert pod.metadata is not None and pod.metadata.name is not None
    return pod.metadata.name
