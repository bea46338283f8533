"""The order in which things happened in the cluster, by revisions of its store, which never go back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from instances import COMPONENT, Instance, is_complete, is_of_job
from lightkube.resources.batch_v1 import Job
from lightkube.resources.core_v1 import Pod
from lightkube.types import on_error_stop

SECONDS = 20.0
"""How long news may take to arrive."""


@dataclass
class History:
    """What happened in a namespace while one looked."""

    images: dict[str, str] = field(default_factory=dict)
    """Image of each new pod that belongs to no Job, by name."""
    born: dict[str, int] = field(default_factory=dict)
    """Revision at which each of these was made, by name."""
    done: dict[str, int] = field(default_factory=dict)
    """Revision at which each new Job was complete, by its uid."""
    components: dict[str, str] = field(default_factory=dict)
    """Component of each new Job, by its uid."""
    _seen: set[str | None] = field(default_factory=set)

    def pod(self, kind: str, pod: Pod) -> None:
        meta, spec = pod.metadata, pod.spec
        assert meta and meta.name and meta.resourceVersion and spec
        self._seen.add(meta.uid)
        if kind == "ADDED" and not is_of_job(pod):
            self.images[meta.name] = spec.containers[0].image or ""
            self.born[meta.name] = int(meta.resourceVersion)

    def job(self, kind: str, job: Job) -> None:
        meta = job.metadata
        assert meta and meta.uid and meta.resourceVersion and meta.labels
        self._seen.add(meta.resourceVersion)
        if kind == "ADDED":
            self.components[meta.uid] = meta.labels[COMPONENT]
        if meta.uid in self.components and is_complete(job):
            self.done.setdefault(meta.uid, int(meta.resourceVersion))

    def completed(self) -> dict[str, int]:
        """Revision at which the new Job of each component was complete."""
        return {self.components[uid]: revision for uid, revision in self.done.items()}

    def knows(self, word: str | None) -> bool:
        return word in self._seen


@contextmanager
def watching(instance: Instance) -> Iterator[History]:
    """The history of an instance from here on; complete when the block ends."""
    history, client = History(), instance.client
    pods, jobs = client.list(Pod), client.list(Job)
    known = {item.metadata.uid for item in [*pods, *jobs] if item.metadata}
    versions = pods.resourceVersion, jobs.resourceVersion

    def watch_pods() -> None:
        for kind, pod in client.watch(Pod, resource_version=versions[0], on_error=on_error_stop):
            history.pod(kind, pod)

    def watch_jobs() -> None:
        for kind, job in client.watch(Job, resource_version=versions[1], on_error=on_error_stop):
            history.job(kind, job)

    for watch in (watch_pods, watch_jobs):
        threading.Thread(target=watch, daemon=True).start()
    yield history
    words = [pod.metadata.uid for pod in client.list(Pod) if pod.metadata and pod.metadata.uid not in known]
    words += [
        job.metadata.resourceVersion
        for job in client.list(Job)
        if job.metadata and job.metadata.uid not in known
    ]
    end = time.monotonic() + SECONDS
    while not all(history.knows(word) for word in words):
        assert time.monotonic() < end, "the watch is behind"
        time.sleep(0.1)
