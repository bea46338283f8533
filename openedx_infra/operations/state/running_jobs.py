"""Does a Job of an earlier run still run? Nobody stopped it in the cluster when Pulumi was stopped."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console

from openedx_infra.operations.cluster.health import why_not_ready

if TYPE_CHECKING:
    from lightkube import Client

TYPE = "kubernetes:batch/v1:Job"
"""Pulumi's token for Jobs."""

POLL_SECONDS = 0.5


def outlast(jobs: Iterable[tuple[str, str]], client: Client, console: Console) -> None:
    """Wait until none of these Jobs, by namespace and name, is at work any more.

    `up` would take one that is not done for a failed one, and start another beside it. One that is stuck
    (its image can't be had, no node has room) is not waited for: `up` replaces it.
    """
    for namespace, name in jobs:
        told = False
        while _works(client, namespace, name):
            if not told:
                console.print(f"Job {name} of an earlier run is still at work: waiting for its end.")
                told = True
            time.sleep(POLL_SECONDS)


def _works(client: Client, namespace: str, name: str) -> bool:
    """Whether a pod of the Job runs, or is about to."""
    from lightkube.resources.core_v1 import Pod

    pods = client.list(Pod, namespace=namespace, labels={"batch.kubernetes.io/job-name": name})
    phases = [(pod.status.phase if pod.status else None, why_not_ready(pod)) for pod in pods]
    return any(phase == "Running" or (phase in ("Pending", None) and not why) for phase, why in phases)
