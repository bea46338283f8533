"""A running Job of tests: its log as it comes, how it ended, and its report."""

from __future__ import annotations

import base64
import binascii
import gzip
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openedx_infra.operations.cluster.job_log import Log, simulated
from openedx_infra.operations.cluster.status import snapshot
from openedx_infra.operations.cluster.stuck_pods import why_not_ready
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.platform_tests.manifests import REPORT, TESTS

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.models.core_v1 import ContainerStateTerminated
    from lightkube.resources.core_v1 import Pod

POLL_SECONDS = 2.0
"""How often the cluster is asked. Asking again and again survives what a stream doesn't: proxies, sleep, a
new API server."""

START_MINUTES = 15
"""How long the pod may take until its tests start: an image of several GB has to be fetched. Guessed."""

REPORT_SECONDS = 60.0
"""How long the report may take after the tests ended; it takes about a second."""


@dataclass(frozen=True)
class Outcome:
    """How the tests of one suite ended."""

    code: int
    """Exit code of pytest: 0 is all passed, 1 some failed, 5 there were none."""
    report: bytes | None
    """The JUnit report, if it came to one."""


class SuiteRun:
    """One Job of tests in a scratch namespace. `say` gets each line of its log, and what it waits for."""

    def __init__(self, client: Client, job: str, say: Callable[[str], object]) -> None:
        self._client = client
        self._job = job
        self._say = say
        self._log = Log(client, TESTS, say)

    def follow(self) -> Outcome:
        """Wait for the end of the tests. Raises OperationError when they never start, or don't end by
        themselves."""
        waiting, printed = time.monotonic() + START_MINUTES * 60, ""
        while True:
            pod = self._pod()
            ended = _ended(pod, TESTS)
            if pod is not None and (ended or _started(pod)):
                self._log.read(_name(pod))
            if pod is not None and ended is not None:
                return self._end(pod, ended)
            row = snapshot(self._client).row("Job", self._job)
            if row is not None and row.count == "failed":
                raise OperationError(f"The tests of {self._job} did not end: {row.reason}.")
            if not _started(pod):
                why = why_not_ready(pod) if pod else row.reason if row else ""
                printed = self._print_reason(why, printed)
                if time.monotonic() > waiting:
                    raise OperationError(
                        f"The tests of {self._job} did not start: {printed or 'no reason given'}."
                    )
            time.sleep(POLL_SECONDS)

    def _end(self, pod: Pod, ended: ContainerStateTerminated) -> Outcome:
        if simulated(self._client, pod):
            raise OperationError(
                "Nothing was tested: this cluster's nodes are simulated, where containers don't run.",
                remedy="name a real cluster in openedx:cluster.context (k3s will do)",
            )
        if ended.reason == "OOMKilled":
            raise OperationError(
                f"The tests of {self._job} needed more memory than they may use.",
                remedy="give it more: --memory 8Gi",
            )
        return Outcome(ended.exitCode, self._report(_name(pod)))

    def _report(self, pod: str) -> bytes | None:
        """The report, which the container beside the tests says."""
        end = time.monotonic() + REPORT_SECONDS
        while _ended(self._pod(), REPORT) is None:
            if time.monotonic() > end:
                return None
            time.sleep(POLL_SECONDS)
        packed = "".join(self._client.log(pod, container=REPORT, newlines=False))
        return unpacked(packed)

    def _print_reason(self, reason: str, printed: str) -> str:
        if reason and reason != printed:
            self._say(f"waiting: {reason}")
        return reason or printed

    def _pod(self) -> Pod | None:
        from lightkube.resources.core_v1 import Pod

        pods = self._client.list(Pod, labels={"batch.kubernetes.io/job-name": self._job})
        return next(iter(pods), None)


def unpacked(text: str) -> bytes | None:
    """The report from the log of its container: Base64 of gzip. None when it is not whole."""
    try:
        return gzip.decompress(base64.b64decode(text, validate=True)) if text else None
    except (OSError, EOFError, binascii.Error):
        return None


def _ended(pod: Pod | None, container: str) -> ContainerStateTerminated | None:
    statuses = (pod.status.containerStatuses if pod and pod.status else None) or ()
    for status in statuses:
        if status.name == container and status.state:
            return status.state.terminated
    return None


def _started(pod: Pod | None) -> bool:
    statuses = (pod.status.containerStatuses if pod and pod.status else None) or ()
    return any(s.name == TESTS and s.state and (s.state.running or s.state.terminated) for s in statuses)


def _name(pod: Pod) -> str:
    assert pod.metadata is not None and pod.metadata.name is not None
    return pod.metadata.name
