"""How long Pulumi waits for pods to become ready, and to end."""

from __future__ import annotations

import pulumi

from openedx_infra.kubernetes.pod import Container, Pod
from openedx_infra.kubernetes.probes import seconds_of

PROGRESS_SECONDS = 600
"""Seconds until a roll-out without progress has failed (Kubernetes' default): pulling 2 GB took MIT 4
minutes. A pod needs no longer to find a node, its volumes and its images."""
MARGIN_SECONDS = 300
"""Seconds that Pulumi waits longer than Kubernetes, whose reasons say more (a guess)."""
NEXT_SECONDS = 60
"""Seconds for each further pod of a roll-out, which are started one after the other on nodes that have the
image by then: a large web application needs half a minute on a quiet node (a guess)."""
DELETION_SECONDS = 600
"""Seconds beyond their grace that deleted pods may take: Pulumi's own default, which knows nothing of the
grace. On a lost node they take longer: then somebody has to remove the node."""


def timeouts(pod: Pod, *, pods: int = 1) -> pulumi.CustomTimeouts:
    """How long to wait for so many pods like this one.

    Ready: to find a node and pull images, then as long as the startup probe of the slowest container allows.
    Ended: Kubernetes deletes a workload after its pods (`foreground`), and these may use their whole grace.
    """
    start = PROGRESS_SECONDS + startup_seconds(pod) + NEXT_SECONDS * max(0, pods - 1) + MARGIN_SECONDS
    return pulumi.CustomTimeouts(create=f"{start}s", update=f"{start}s", delete=deletion(pod))


def deletion(pod: Pod) -> str:
    """How long to wait until a deleted workload is gone with its pods."""
    return f"{pod.grace_seconds + DELETION_SECONDS}s"


def startup_seconds(pod: Pod) -> int:
    """How long the startup probes let the containers take. Sidecars start one after the other, before the
    container that they serve."""
    return sum(map(_startup, pod.sidecars)) + _startup(pod.container)


def _startup(container: Container) -> int:
    probe = container.probes.startup
    return seconds_of(probe) if probe else 0
