"""The log of a container while it runs, each line once, however often it is read."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from openedx_infra.operations.cluster.connection import no_answer

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.resources.core_v1 import Pod

SIMULATED = "kwok.x-k8s.io/node"
"""Annotation of nodes that run no container."""


def simulated(client: Client, pod: Pod) -> bool:
    """Whether a pod's node is simulated, so that its containers did nothing. Only the owner of an embedded
    cluster has such nodes: to whom nodes are forbidden they are real."""
    from lightkube import ApiError
    from lightkube.resources.core_v1 import Node

    name = pod.spec.nodeName if pod.spec else None
    try:
        node = client.get(Node, name) if name else None
    except ApiError as error:
        if error.status.code != 403:
            raise
        return False
    return bool(node and node.metadata and SIMULATED in (node.metadata.annotations or {}))


class Log:
    """The log of one container of a pod. `on_line` gets each line."""

    def __init__(self, client: Client, container: str, on_line: Callable[[str], object]) -> None:
        self._client = client
        self._container = container
        self._on_line = on_line
        self._last = ""
        self._read_at: float | None = None

    def read(self, pod: str) -> None:
        """Read the lines that are new. A log that can't be read now is read the next time."""
        now = time.monotonic()
        since = None if self._read_at is None else math.ceil(now - self._read_at) + 5
        try:
            lines = self._client.log(
                pod, container=self._container, timestamps=True, since=since, newlines=False
            )
            for line in lines:
                stamp, _, text = line.partition(" ")
                if stamp > self._last:
                    self._last = stamp
                    self._on_line(text)
        except no_answer():
            return
        self._read_at = now
