"""Disturbances of a cluster, by accident or by an administrator: nodes die, pods are evicted."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from instances import TOO_MANY_REQUESTS, Instance, is_of_job
from lightkube import ApiError
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Node, Pod, PodEviction
from lightkube.types import PatchType

from tools.cluster import EmbeddedCluster
from tools.control_plane import ORDER

SIMULATED = "kwok.x-k8s.io/node"
SECONDS = 600.0
POLL_SECONDS = 0.25


def until(condition: Callable[[], Any], seconds: float = SECONDS) -> float:
    """Wait until something is so; how many seconds it took."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds, "it did not come about"
        time.sleep(POLL_SECONDS)
    return time.monotonic() - begin


def add_node(instance: Instance, name: str, like: str = "simulated-0") -> None:
    """One more simulated node."""
    model = instance.client.get(Node, like).metadata
    assert model and model.labels
    labels = model.labels | {"kubernetes.io/hostname": name}
    instance.client.create(
        Node(metadata=ObjectMeta(name=name, labels=labels, annotations={SIMULATED: "fake"}))
    )


def silence(instance: Instance, node: str) -> None:
    """Kill a node: its kubelet says nothing any more. What ran on it is neither stopped nor said to be."""
    _patch(instance, node, {"metadata": {"annotations": {SIMULATED: "dead"}}})


def revive(instance: Instance, node: str) -> None:
    """The machine was switched on again."""
    _patch(instance, node, {"metadata": {"annotations": {SIMULATED: "fake"}}})


def is_ready(instance: Instance, node: str) -> bool:
    status = instance.client.get(Node, node).status
    return any(
        each.type == "Ready" and each.status == "True" for each in (status and status.conditions) or ()
    )


def drain(instance: Instance, node: str) -> None:
    """As `kubectl drain` does: no new pods, and each that is there is evicted, as budgets allow."""
    _patch(instance, node, {"spec": {"unschedulable": True}})
    evict([pod for pod in serving(instance) if pod.spec.nodeName == node], instance)
    until(lambda: not [pod for pod in serving(instance) if pod.spec.nodeName == node])
    _patch(instance, node, {"spec": {"unschedulable": None}})


def evict(pods: list[Any], instance: Instance) -> None:
    """Evict pods, each as soon as its budget allows."""
    client = instance.client
    left = [pod.metadata for pod in pods]
    end = time.monotonic() + SECONDS
    while left:
        assert time.monotonic() < end, [meta.name for meta in left]
        refused = []
        for meta in left:
            try:
                client.create(
                    PodEviction(metadata=ObjectMeta(name=meta.name, namespace=meta.namespace)), meta.name
                )
            except ApiError as error:
                if error.status.code == TOO_MANY_REQUESTS:
                    refused.append(meta)
                elif error.status.code != 404:
                    raise
        left = refused
        time.sleep(POLL_SECONDS if left else 0)


def serving(instance: Instance) -> list[Any]:
    """All pods but those of Jobs, and those that are going."""
    pods = instance.client.list(Pod)
    return [pod for pod in pods if not is_of_job(pod) and pod.metadata and not pod.metadata.deletionTimestamp]


def restart_api_server(instance: Instance, away: float) -> None:
    """End the API server of the instance's cluster, and start it again, as it was, after some seconds."""
    daemon = EmbeddedCluster(instance.kubeconfig.parent)._daemons[ORDER[1]]
    pid = daemon.pid()
    assert pid
    command = Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")
    variables = Path(f"/proc/{pid}/environ").read_text().rstrip("\0").split("\0")
    daemon.signal(9)
    time.sleep(away)
    daemon.start(command, dict(each.split("=", 1) for each in variables))


def answers(instance: Instance) -> bool:
    """Whether the API server answers."""
    with suppress(Exception):
        instance.client.get(Node, "simulated-0")
        return True
    return False


def _patch(instance: Instance, node: str, patch: dict[str, Any]) -> None:
    instance.client.patch(Node, node, patch, patch_type=PatchType.MERGE)
