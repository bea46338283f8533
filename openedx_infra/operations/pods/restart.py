"""The verb restart: new pods of a component, asked for as `kubectl rollout restart` does.

The time of the restart is an annotation of the pods' template. Pulumi's server-side apply leaves alone what
it doesn't set: no later `up` takes it for a change, or takes it back.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console

from openedx_infra.operations.cluster.connection import answering
from openedx_infra.operations.cluster.stuck_pods import why_not_ready
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods.components import COMPONENT, PLATFORM, SOFTWARE, matching

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.resources.apps_v1 import Deployment, StatefulSet

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
"""Annotation of a pod template by which kubectl asks for new pods."""
FIELD_MANAGER = "openedx-infra"
"""Owner of what the verbs set in objects."""
POLL_SECONDS = 2.0
PATIENCE_SECONDS = 900
"""How long one component may take to roll: as long as `up` waits for it."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A Deployment or StatefulSet that can be restarted."""

    kind: type[Deployment] | type[StatefulSet]
    name: str
    component: str
    holds_data: bool
    """Whether it has one pod, with data, which is away while it restarts."""


def workloads(client: Client, component: str | None) -> list[Workload]:
    """What a component's name means; None: all that runs the platform's code. What has no pods is left out.

    Raises OperationError when there is no such component, or when nothing of it runs.
    """
    from lightkube.resources.apps_v1 import Deployment, StatefulSet

    with answering():
        objects: list[Any] = [*client.list(Deployment), *client.list(StatefulSet)]
    labelled = [each for each in objects if COMPONENT in (each.metadata.labels or {})]
    if component is None:
        chosen = [each for each in labelled if each.metadata.labels.get(SOFTWARE) == PLATFORM]
    else:
        names = matching(component, {each.metadata.labels[COMPONENT] for each in labelled})
        chosen = [each for each in labelled if each.metadata.labels[COMPONENT] in names]
    running = [each for each in chosen if each.spec.replicas != 0]
    if not running:
        raise OperationError(
            f"Nothing of {component or 'the platform'} runs in namespace {client.namespace}.",
            remedy="`openedx-infra start` starts a site that was stopped, and `openedx-infra up` makes one",
        )
    return [
        Workload(
            kind=type(each),
            name=each.metadata.name,
            component=each.metadata.labels[COMPONENT],
            holds_data=isinstance(each, StatefulSet),
        )
        for each in sorted(running, key=lambda each: str(each.metadata.name))
    ]


def restart(client: Client, chosen: list[Workload], console: Console) -> None:
    """Ask for new pods of all at once, and wait until they serve and the old ones are gone.

    Raises OperationError when one doesn't get ready: then the old pods of a Deployment serve on. Left by
    Ctrl-C, the roll-outs go on.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    annotations = {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: now}}}}}
    with answering():
        for each in chosen:
            client.patch(each.kind, each.name, annotations, field_manager=FIELD_MANAGER)
    start, left = time.monotonic(), list(chosen)
    while left:
        for each in list(left):
            with answering():
                item: Any = client.get(each.kind, each.name)
            if _is_done(item):
                left.remove(each)
                seconds = time.monotonic() - start
                console.print(f"  {each.name}: new pods since {seconds:.0f} s", highlight=False)
            elif _has_failed(item) or time.monotonic() - start > PATIENCE_SECONDS:
                raise _failure(client, each)
        if left:
            time.sleep(POLL_SECONDS)


def _is_done(item: Any) -> bool:
    """Whether all pods are of the newest template and ready, and no other is left."""
    status, wanted = item.status, item.spec.replicas if item.spec.replicas is not None else 1
    if status is None or (status.observedGeneration or 0) < (item.metadata.generation or 0):
        return False
    new, ready, all_there = status.updatedReplicas or 0, status.readyReplicas or 0, status.replicas or 0
    current = getattr(status, "updateRevision", None) == getattr(status, "currentRevision", None)
    return bool(new >= wanted and ready >= wanted and all_there == new and current)


def _has_failed(item: Any) -> bool:
    conditions = (item.status.conditions if item.status else None) or ()
    return any(each.type == "Progressing" and each.status == "False" for each in conditions)


def _failure(client: Client, workload: Workload) -> OperationError:
    from lightkube.resources.core_v1 import Pod

    with answering():
        pods: list[Any] = list(client.list(Pod, labels={COMPONENT: workload.component}))
    reasons = "; ".join(f"{pod.metadata.name}: {why}" for pod in pods if (why := why_not_ready(pod)))
    return OperationError(
        f"{workload.name} did not get new pods: {reasons or 'they are not ready in time'}.",
        remedy=f"`openedx-infra logs {workload.component} --previous` shows how they ended; their old pods "
        "serve on, and the roll-out goes on by itself once the cause is gone",
    )
