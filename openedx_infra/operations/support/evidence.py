"""An instance's objects, events, logs and nodes as the cluster has them, as texts by file names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import yaml

from openedx_infra.operations.cluster.connection import no_answer
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.support.masking import MASK

if TYPE_CHECKING:
    from lightkube import Client

Files = Iterator[tuple[str, str]]
"""Names of files, and their texts."""
LINES = 2000
"""Last lines of each container's log."""


def collected(client: Client) -> Files:
    """All that can be read; what can't be read is named in a file of its own."""
    for name, part in (("objects", _objects), ("events", _events), ("logs", _logs), ("nodes", _nodes)):
        yield from _tried(name, part, client)


def _tried(name: str, part: Callable[[Client], Files], client: Client) -> Files:
    try:
        yield from part(client)
    except no_answer() as error:
        yield f"{name}-missing.txt", f"{error or type(error).__name__}\n"


def secrets(client: Client) -> list[Mapping[str, Any]]:
    """The Secrets of the client's namespace, with their values: to know what to mask. Raises OperationError,
    as without them nothing may leave the house."""
    from lightkube.resources.core_v1 import Secret

    try:
        return [item.to_dict() for item in client.list(Secret)]
    except no_answer() as error:
        raise OperationError(
            f"The Secrets of the cluster can't be read: {error or type(error).__name__}. Without them nobody "
            "knows what to leave out, so nothing was written.",
            remedy="a user who may read Secrets of the namespace must do this",
        ) from error


def _objects(client: Client) -> Files:
    """Every object of the namespace, without what the API server keeps for itself; values of Secrets are
    covered."""
    from lightkube.resources import apps_v1, autoscaling_v2, batch_v1, core_v1, networking_v1, policy_v1

    kinds: tuple[Any, ...] = (
        apps_v1.Deployment,
        apps_v1.StatefulSet,
        apps_v1.ReplicaSet,
        autoscaling_v2.HorizontalPodAutoscaler,
        batch_v1.CronJob,
        batch_v1.Job,
        core_v1.ConfigMap,
        core_v1.PersistentVolumeClaim,
        core_v1.Pod,
        core_v1.Secret,
        core_v1.Service,
        core_v1.ServiceAccount,
        networking_v1.Ingress,
        networking_v1.NetworkPolicy,
        policy_v1.PodDisruptionBudget,
    )
    for kind in kinds:
        for item in client.list(kind):
            name = f"{kind.__name__.lower()}-{item.metadata.name}"
            yield (
                f"objects/{name}.yaml",
                yaml.safe_dump(_bare(item.to_dict(), kind.__name__), sort_keys=False),
            )


def _bare(item: dict[str, Any], kind: str) -> dict[str, Any]:
    metadata = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
    # What an older client kept there is the whole object, with values of Secrets.
    annotations = metadata.get("annotations") or {}
    metadata["annotations"] = {key: value for key, value in annotations.items() if "last-applied" not in key}
    rest = {key: value for key, value in item.items() if key != "metadata"}
    if kind == "Secret":
        rest |= {part: {key: MASK for key in rest[part]} for part in ("data", "stringData") if rest.get(part)}
    return {"kind": kind, "metadata": metadata, **rest}


def _events(client: Client) -> Files:
    from lightkube.resources.core_v1 import Event

    events = sorted(client.list(Event), key=lambda event: str(event.lastTimestamp or event.eventTime or ""))
    lines = [
        f"{event.lastTimestamp or event.eventTime} {event.type} {event.involvedObject.kind} "
        f"{event.involvedObject.name} {event.reason}: {event.message}"
        for event in events
    ]
    yield "events.txt", "\n".join(lines) + "\n"


def _logs(client: Client) -> Files:
    """The end of the log of every container of every pod, and of its run before."""
    from lightkube.config.client_adapter import Client as Http
    from lightkube.config.client_adapter import ConnectionParams
    from lightkube.resources.core_v1 import Pod

    # Lightkube's own way to logs knows no run before.
    with Http(client.config, ConnectionParams(trust_env=False)) as http:
        for pod in client.list(Pod):
            spec, name = pod.spec, (pod.metadata.name if pod.metadata else None) or ""
            for container in [*((spec and spec.initContainers) or ()), *((spec and spec.containers) or ())]:
                for previous in (False, True):
                    address = f"/api/v1/namespaces/{client.namespace}/pods/{name}/log"
                    params = {"container": container.name, "tailLines": LINES, "previous": previous}
                    # None is there on simulated nodes, and of a container that never ran before.
                    answer = http.get(address, params=params)
                    if answer.is_success and answer.text:
                        yield (
                            f"logs/{name}/{container.name}{'-previous' if previous else ''}.log",
                            answer.text,
                        )


def _nodes(client: Client) -> Files:
    """Room on the nodes, and what they complain of; not their addresses."""
    from lightkube.resources.core_v1 import Node

    nodes = []
    for node in client.list(Node):
        status = node.status
        conditions = (status.conditions if status else None) or ()
        nodes.append(
            {
                "name": node.metadata.name if node.metadata else None,
                "labels": (node.metadata.labels if node.metadata else None) or {},
                "capacity": (status.capacity if status else None) or {},
                "allocatable": (status.allocatable if status else None) or {},
                "taints": [taint.to_dict() for taint in (node.spec.taints if node.spec else None) or ()],
                "conditions": {condition.type: condition.status for condition in conditions},
                "kubelet": status.nodeInfo.kubeletVersion if status and status.nodeInfo else None,
            }
        )
    yield "nodes.json", json.dumps(nodes, indent=1)
