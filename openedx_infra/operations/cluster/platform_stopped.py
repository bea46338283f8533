"""Waiting until the platform's code has stopped.

It has when no pod of it is left, whatever the Deployments say, and none of its Jobs is running: a suspended
CronJob ends no run that has begun.
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
PRINT_SECONDS = 30.0
"""How often the pods that are waited for are printed."""
SLACK_SECONDS = 120
"""Added to the longest grace period of a pod: a busy node ends pods late (a guess)."""


def wait_until_stopped(client: Client, console: Console, *, jobs_of: Sequence[str] = ()) -> None:
    """Wait until the last pod of LMS, Studio, their workers and scheduled commands has ended, and Jobs of
    other software that `jobs_of` names. A Job has a time limit of its own, and is waited for until then.

    Raises OperationError when a pod outlives its grace period by minutes, as on a node that is lost.
    """
    start, printed = time.monotonic(), 0.0
    while left := _pods(client, [_PLATFORM, *jobs_of]):
        waited = time.monotonic() - start
        late = [pod for pod in left if not _of_a_job(pod)]
        if late and waited > max(_grace(pod) for pod in late) + SLACK_SECONDS:
            raise OperationError(
                f"These pods should have ended by now: {_names(late)}. Their node may be lost.",
                remedy="see what they are doing, delete them, and run the same command again: it "
                "goes on from here",
            )
        if waited - printed >= PRINT_SECONDS:
            printed = waited
            console.print(f"  waiting for tasks to end in {_names(left)}", soft_wrap=True, highlight=False)
        time.sleep(_POLL_SECONDS)


def _pods(client: Client, software: list[str]) -> list[Pod]:
    from lightkube.resources.core_v1 import Pod

    pods = client.list(Pod, labels={_NAME: software})
    return [pod for pod in pods if not (_of_a_job(pod) and pod.status and pod.status.phase in _ENDED)]


def _of_a_job(pod: Pod) -> bool:
    return _OF_A_JOB in ((pod.metadata and pod.metadata.labels) or {})


def _grace(pod: Pod) -> int:
    return (pod.spec and pod.spec.terminationGracePeriodSeconds) or 30


def _names(pods: list[Pod]) -> str:
    return ", ".join(sorted(str(pod.metadata.name) for pod in pods if pod.metadata))
