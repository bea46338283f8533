"""Running a Job made from a CronJob, and following it to its end.

The CronJob, suspended or on its own schedule, has all that the work needs: image, secrets, rights. So a verb
adds only a few environment variables.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.cluster.health import ending
from openedx_infra.operations.cluster.job_log import Log, simulated
from openedx_infra.operations.cluster.stuck_pods import why_not_ready
from openedx_infra.operations.errors import OperationError

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.resources.core_v1 import Pod

POLL_SECONDS = 1.0
"""How often the cluster is polled. Unlike a stream, that survives proxies, sleep and a new API server."""

LAST_LINES = 5
"""Lines of the log that an error repeats (a guess: a cause and where it happened)."""

MADE_BY = {"openedx.org/made-by": "openedx-infra"}
"""Annotation of the Jobs that verbs make."""


@dataclass(frozen=True, kw_only=True)
class CompletedJob:
    """A Job that succeeded."""

    name: str
    """Its name."""
    lines: tuple[str, ...]
    """All that its containers wrote, in the order in which it was read."""
    simulated: bool
    """Whether its node is simulated: then nothing was really done."""


def run_job(
    client: Client,
    cron_job: str,
    on_line: Callable[[str], object],
    *,
    env: Mapping[str, str] | None = None,
) -> CompletedJob:
    """Make a Job of a CronJob in the client's namespace, and follow it to its end.

    `on_line` gets each line that its containers write, and what it waits for. `env` goes to all its
    containers, over that of the CronJob; secrets are never in it. A Job that is left (by Ctrl-C) runs on.
    Raises OperationError when there is no such CronJob, when the Job fails or exceeds its own time limit,
    or when the cluster does not answer.
    """
    with answering():
        name = _make(client, cron_job, env or {})
        return _Run(client, name, on_line).follow()


def _make(client: Client, cron_job: str, env: Mapping[str, str]) -> str:
    from lightkube import ApiError, codecs
    from lightkube.resources.batch_v1 import CronJob

    try:
        manifest = client.get(CronJob, cron_job).to_dict()
    except ApiError as error:
        if error.status.code != 404:
            raise
        raise OperationError(
            f"There is no CronJob {cron_job} in namespace {client.namespace}.",
            remedy="ask for it in the stack file, and run `openedx-infra up`, which creates it",
        ) from error
    name = f"{cron_job[:46]}-by-hand-{secrets.token_hex(3)}"
    client.create(codecs.from_dict(job_of(manifest, name, env)))
    return name


def job_of(cron_job: Mapping[str, Any], name: str, env: Mapping[str, str]) -> dict[str, Any]:
    """The Job that a CronJob, which owns it, would create now, with `env` over that of all its containers."""
    template = cron_job["spec"]["jobTemplate"]
    meta = template.get("metadata") or {}
    spec = dict(template["spec"])
    pod = dict(spec["template"]["spec"])
    for kind in ("initContainers", "containers"):
        if kind in pod:
            pod[kind] = [{**each, "env": _merged(each.get("env") or (), env)} for each in pod[kind]]
    spec["template"] = {**spec["template"], "spec": pod}
    owner = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": cron_job["metadata"]["name"],
        "uid": cron_job["metadata"]["uid"],
    }
    metadata = {
        "name": name,
        "namespace": cron_job["metadata"]["namespace"],
        "labels": dict(meta.get("labels") or {}),
        "annotations": {**(meta.get("annotations") or {}), **MADE_BY},
        "ownerReferences": [owner],
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


def _merged(variables: Any, env: Mapping[str, str]) -> list[dict[str, Any]]:
    unchanged = [dict(each) for each in variables if each["name"] not in env]
    return [*unchanged, *({"name": name, "value": value} for name, value in env.items())]


@dataclass
class _Run:
    client: Client
    job: str
    on_line: Callable[[str], object]
    lines: list[str] = field(default_factory=list)
    logs: dict[tuple[str, str], Log] = field(default_factory=dict)
    waiting_for: str = ""

    def follow(self) -> CompletedJob:
        while True:
            ended, reason = self._ended()
            pods = self._pods()
            for pod in pods:
                self._read(pod)
            if ended == "Complete":
                never_ran = any(simulated(self.client, pod) for pod in pods)
                return CompletedJob(name=self.job, lines=tuple(self.lines), simulated=never_ran)
            why = next((why for pod in pods if (why := why_not_ready(pod))), "")
            if ended == "Failed":
                raise self._failed("; ".join(part for part in (reason, why) if part))
            self._report(why)
            time.sleep(POLL_SECONDS)

    def _ended(self) -> tuple[str, str]:
        """How it ended, and why. Read before the logs, which are then complete."""
        from lightkube.resources.batch_v1 import Job

        return ending(self.client.get(Job, self.job))

    def _failed(self, reason: str) -> OperationError:
        tail = "".join(f"\n    {line}" for line in self.lines[-LAST_LINES:])
        return OperationError(
            f"Job {self.job} failed: {reason}" + (f". Its last lines:{tail}" if tail else ".")
        )

    def _read(self, pod: Pod) -> None:
        name = (pod.metadata.name if pod.metadata else None) or ""
        spec = pod.spec
        for container in [
            *((spec.initContainers if spec else None) or ()),
            *(spec.containers if spec else ()),
        ]:
            if not _has_started(pod, container.name):
                continue
            key = (name, container.name)
            self.logs.setdefault(key, Log(self.client, container.name, self._take)).read(name)

    def _take(self, line: str) -> None:
        self.lines.append(line)
        self.on_line(line)

    def _report(self, reason: str) -> None:
        if reason and reason != self.waiting_for:
            self.on_line(f"waiting: {reason}")
        self.waiting_for = reason or self.waiting_for

    def _pods(self) -> list[Pod]:
        from lightkube.resources.core_v1 import Pod

        return list(self.client.list(Pod, labels={"batch.kubernetes.io/job-name": self.job}))


def _has_started(pod: Pod, container: str) -> bool:
    status = pod.status
    statuses = [
        *((status and status.initContainerStatuses) or ()),
        *((status and status.containerStatuses) or ()),
    ]
    return any(
        each.name == container and each.state and (each.state.running or each.state.terminated)
        for each in statuses
    )
