"""When has the platform's code stopped? When no pod of it is left, whatever the Deployments say."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from rich.console import Console

from openedx_infra.operations.errors import OperationError

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.resources.core_v1 import Pod

_PLATFORM: dict[str, Any] = {"app.kubernetes.io/name": "edx-platform"}
_OF_A_JOB = "batch.kubernetes.io/job-name"
_POLL_SECONDS = 2.0
TELL_SECONDS = 30.0
"""How often it is told who is waited for."""
SLACK_SECONDS = 120
"""Patience beyond the longest grace of a pod: a node that is busy ends pods late (a guess)."""


def wait_until_stopped(client: Client, console: Console) -> None:
    """Wait for the last pod of LMS, Studio and their workers to end what it does.

    Raises OperationError when one outlives its own grace by minutes, as on a node that is lost.
    """
    begun, told = time.monotonic(), 0.0
    while left := _pods(client):
        waited = time.monotonic() - begun
        if waited > max(_grace(pod) for pod in left) + SLACK_SECONDS:
            raise OperationError(
                f"These pods should have ended by now: {_names(left)}. Their node may be lost.",
                remedy="see what they do, end them, and run the same command again: it goes on from here",
            )
        if waited - told >= TELL_SECONDS:
            told = waited
            console.print(f"  waiting for tasks to end in {_names(left)}", soft_wrap=True, highlight=False)
        time.sleep(_POLL_SECONDS)


def _pods(client: Client) -> list[Pod]:
    from lightkube.resources.core_v1 import Pod

    found = client.list(Pod, labels=_PLATFORM)
    return [pod for pod in found if pod.metadata and _OF_A_JOB not in (pod.metadata.labels or {})]


def _grace(pod: Pod) -> int:
    return (pod.spec and pod.spec.terminationGracePeriodSeconds) or 30


def _names(pods: list[Pod]) -> str:
    return ", ".join(sorted(str(pod.metadata.name) for pod in pods if pod.metadata))
