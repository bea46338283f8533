"""Choosing a container of an instance, in which a process can run now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.cluster.job_log import simulated
from openedx_infra.operations.cluster.stuck_pods import why_not_ready
from openedx_infra.operations.errors import OperationError

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.resources.core_v1 import Pod

COMPONENT = "app.kubernetes.io/component"
"""Label with the name of a component: `lms`, `studio`, `lms-worker-default`, `mysql`."""
_OF_A_JOB = "batch.kubernetes.io/job-name"


@dataclass(frozen=True, kw_only=True)
class RunningContainer:
    """A container that runs."""

    client: Client = field(repr=False)
    """A client for its namespace."""
    pod: str
    """Its pod's name."""
    name: str
    """Its own name."""


def choose(
    client: Client, component: str, container: str | None = None, *, ready: bool = True
) -> RunningContainer:
    """A container of a ready pod of a component, in the client's namespace. `container`: one of its
    containers by name, by default the first. `ready`: False if a pod will do whose first container runs, as
    that of a site whose code is broken.

    During a roll-out it is one of the newest version. Raises OperationError when there is no such component
    or container, when no pod is ready, or when the nodes are simulated.
    """
    from lightkube.resources.core_v1 import Pod as PodObject

    with answering():
        pods = [pod for pod in client.list(PodObject) if _is_of_a_workload(pod)]
        of_it = [pod for pod in pods if _component(pod) == component]
        usable = [pod for pod in of_it if _is_ready(pod)]
        if not ready:
            usable = usable or [pod for pod in of_it if _runs(pod)]
        pod = _newest(client, component, usable, of_it, pods)
        if simulated(client, pod):
            raise OperationError(
                "This cluster's nodes are simulated, where containers don't run: there is nothing to run "
                f"a process in, though pod {_name(pod)} is called ready.",
                remedy="name a real cluster in openedx:cluster.context (k3s will do)",
            )
    names = [each.name for each in (pod.spec.containers if pod.spec else ())]
    if container is not None and container not in names:
        raise OperationError(
            f"Pod {_name(pod)} has no container {container}.", remedy=f"name one of {', '.join(names)}"
        )
    return RunningContainer(client=client, pod=_name(pod), name=container or names[0])


def _newest(
    client: Client, component: str, usable: Sequence[Pod], pods: Sequence[Pod], others: Sequence[Pod]
) -> Pod:
    if usable:
        return max(usable, key=_created)
    if pods:
        reasons = "; ".join(f"{_name(pod)}: {_why(pod)}" for pod in pods)
        raise OperationError(
            f"No pod of {component} is ready in namespace {client.namespace}: {reasons}.",
            remedy="`openedx-infra status` shows what it waits for",
        )
    components = sorted({_component(pod) for pod in others})
    if not components:
        raise OperationError(
            f"Namespace {client.namespace} has no pods.",
            remedy="run `openedx-infra up`; while openedx:maintenance.pause is set, the platform has none",
        )
    raise OperationError(
        f"There is no pod of {component} in namespace {client.namespace}.",
        remedy=f"name a component that has one: {', '.join(components)}",
    )


def _is_of_a_workload(pod: Pod) -> bool:
    """Whether a pod belongs to what runs all the time."""
    labels = (pod.metadata and pod.metadata.labels) or {}
    return COMPONENT in labels and _OF_A_JOB not in labels


def _component(pod: Pod) -> str:
    labels = (pod.metadata.labels if pod.metadata else None) or {}
    return str(labels[COMPONENT])


def _is_ready(pod: Pod) -> bool:
    """Whether it serves and is not about to end."""
    conditions = (pod.status.conditions if pod.status else None) or ()
    ending = pod.metadata is not None and pod.metadata.deletionTimestamp is not None
    return not ending and any(each.type == "Ready" and each.status == "True" for each in conditions)


def _runs(pod: Pod) -> bool:
    """Whether its first container runs, and it is not about to end."""
    first = pod.spec.containers[0].name if pod.spec else ""
    statuses = (pod.status.containerStatuses if pod.status else None) or ()
    ending = pod.metadata is not None and pod.metadata.deletionTimestamp is not None
    return not ending and any(
        each.name == first and each.state is not None and each.state.running is not None for each in statuses
    )


def _why(pod: Pod) -> str:
    if pod.metadata is not None and pod.metadata.deletionTimestamp is not None:
        return "it is ending"
    return why_not_ready(pod) or "it is starting"


def _created(pod: Pod) -> float:
    created = pod.metadata.creationTimestamp if pod.metadata else None
    return created.timestamp() if created else 0.0


def _name(pod: Pod) -> str:
    assert pod.metadata is not None and pod.metadata.name is not None
    return pod.metadata.name
