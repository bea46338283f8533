"""The pods of LMS, Studio and MFEs that could answer at each moment, as EndpointSlices tell proxies."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2
from instances import Instance
from lightkube import ApiError
from lightkube.models.discovery_v1 import EndpointSlice as Slice
from lightkube.resources.discovery_v1 import EndpointSlice
from lightkube.types import on_error_stop

SERVING = ("lms", "studio", "mfe")
SERVICE = "kubernetes.io/service-name"
PAUSE_SECONDS = 0.2
"""How soon the watch is taken up again when the API server ended it."""


@dataclass
class Seen:
    """Ready endpoints by Service: how many there are, and the fewest since the watch began."""

    now: dict[str, int] = field(default_factory=dict)
    least: dict[str, int] = field(default_factory=dict)
    looks: int = 0
    """How often news came."""
    _slices: dict[str, Slice] = field(default_factory=dict)

    def replace(self, slices: list[EndpointSlice]) -> None:
        self._slices = {each.metadata.name or "": each for each in slices if each.metadata}
        self._count()

    def take(self, kind: str, changed: EndpointSlice) -> None:
        assert changed.metadata and changed.metadata.name
        self._slices.pop(changed.metadata.name, None)
        if kind != "DELETED":
            self._slices[changed.metadata.name] = changed
        self._count()

    def _count(self) -> None:
        counts = Counter({name: 0 for name in SERVING})
        for each in self._slices.values():
            name = ((each.metadata and each.metadata.labels) or {}).get(SERVICE, "")
            ready = [
                e for e in each.endpoints or () if e.conditions is None or e.conditions.ready is not False
            ]
            if name in SERVING:
                counts[name] += len(ready)
        self.now = dict(counts)
        self.least = {name: min(self.least.get(name, count), count) for name, count in counts.items()}
        self.looks += 1


@contextmanager
def endpoints(instance: Instance) -> Iterator[Seen]:
    """The ready endpoints of an instance from here on, whatever happens to the API server meanwhile."""
    seen, over, first = Seen(), threading.Event(), threading.Event()
    client = instance.client

    def watch() -> None:
        while not over.is_set():
            try:
                listed = client.list(EndpointSlice)
                seen.replace(list(listed))
                first.set()
                version = listed.resourceVersion
                for kind, each in client.watch(
                    EndpointSlice, resource_version=version, on_error=on_error_stop
                ):
                    if over.is_set():
                        return
                    seen.take(kind, each)
            except (httpx2.HTTPError, OSError, ApiError):
                pass
            time.sleep(PAUSE_SECONDS)

    threading.Thread(target=watch, daemon=True).start()
    assert first.wait(10), "the EndpointSlices can't be listed"
    yield seen
    over.set()
