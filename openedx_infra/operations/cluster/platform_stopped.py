"""When has the platform's code stopped?

When no pod of it is left, whatever the Deployments say, and no Job of it is at work: a clock that is stopped
ends none that it began.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from openedx_infra.operations.errors import OperationError

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.resources.core_v1 import Pod

_NAME, _PLATFORM = "app.kubernetes.io/name", "edx-platform"
_OF_A_JOB = "batch.kubernetes.io/job-name"
_ENDED = ("Succeeded", "Failed")
_POLL_SECONDS = 2.0
TELL_SECONDS = 30.0
"""How often it is told who is waited for."""
SLACK_SECONDS = 120
"""Patience beyond the longest grace of a pod: a node that is busy ends pods late (a guess)."""


def wait_until_stopped(client: Client, console: Console, *, jobs_of: Sequence[str] = ()) -> None:
    """Wait for the last pod of LMS, Studio, their workers and duties to end what it does, and for Jobs of
    other software that `jobs_of` names. A Job has a time limit of its own, and is waited for until then.

    Raises OperationError when one outlives its own grace by minutes, as on a node that is lost.
    """
    begun, told = time.monotonic(), 0.0
    while left := _pods(client, [_PLATFORM, *jobs_of]):
        waited = time.monotonic() - begun
        late = [pod for pod in left if not _of_a_job(pod)]
        if late and waited > max(_grace(pod) for pod in late) + SLACK_SECONDS:
            raise OperationError(
                f"These pods should have ended by now: {_names(late)}. Their node may be lost.",
                remedy="see what they do, end them, and run the same command again: it goes on from here",
            )
        if waited - told >= TELL_SECONDS:
            told = waited
            console.print(f"  waiting for tasks to end in {_names(left)}", soft_wrap=True, highlight=False)
        time.sleep(_POLL_SECONDS)


def _pods(client: Client, software: list[str]) -> list[Pod]:
    from lightkube.resources.core_v1 import Pod

    found = client.list(Pod, labels={_NAME: software})
    return [pod for pod in found if not (_of_a_job(pod) and pod.status and pod.status.phase in _ENDED)]


def _of_a_job(pod: Pod) -> bool:
    return _OF_A_JOB in ((pod.metadata and pod.metadata.labels) or {})


def _grace(pod: Pod) -> int:
    return (pod.spec and pod.spec.terminationGracePeriodSeconds) or 30


def _names(pods: list[Pod]) -> str:
    return ", ".join(sorted(str(pod.metadata.name) for pod in pods if pod.metadata))
