"""Nodes die and are drained, pods are evicted, the API server goes away: visitors notice nothing of it."""

from __future__ import annotations

import pytest
from disturbing import drain, evict, is_ready, revive, serving, silence, until
from faults import ONE_LESS, REPLICAS, fault
from instances import COMPONENT, Instance
from lightkube.resources.core_v1 import Node

pytestmark = [pytest.mark.engine, pytest.mark.faults]


def test_a_node_dies(sturdy: Instance) -> None:
    """Its pods are replaced without it; what has a volume waits until the machine is back, or given up."""
    node = next(pod.spec.nodeName for pod in serving(sturdy) if pod.metadata.labels[COMPONENT] == "lms")
    with fault(sturdy, "a node dies, and is back when all was replaced", ONE_LESS) as happened:
        silence(sturdy, node)
        until(lambda: not is_ready(sturdy, node))
        until(lambda: min(happened.seen.now.values()) < REPLICAS)
        until(lambda: set(happened.seen.now.values()) == {REPLICAS})
        happened.note = f"replaced elsewhere after {happened.elapsed:.0f} s"
        revive(sturdy, node)
        until(lambda: is_ready(sturdy, node))


@pytest.mark.long
def test_every_pod_is_evicted_once(sturdy: Instance) -> None:
    pods = serving(sturdy)
    with fault(sturdy, "every pod is evicted once", ONE_LESS):
        evict(pods, sturdy)
        before = {pod.metadata.uid for pod in pods}
        until(lambda: not before & {pod.metadata.uid for pod in serving(sturdy)})


@pytest.mark.long
def test_each_node_is_drained_in_turn(sturdy: Instance) -> None:
    nodes = [node.metadata.name for node in sturdy.client.list(Node) if node.metadata]
    assert len(nodes) == 3
    with fault(sturdy, "each node is drained in turn", ONE_LESS):
        for node in nodes:
            drain(sturdy, str(node))
