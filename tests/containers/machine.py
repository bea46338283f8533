"""The embedded cluster with two real nodes, and the ingress controller before them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from entrance import Entrance
from lightkube import ApiError, Client, KubeConfig
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Node as NodeObject
from lightkube.resources.core_v1 import Pod, PodEviction
from node import Node
from node_network import NodeNetwork
from node_volumes import offer

from tools.cluster import EmbeddedCluster
from tools.toolchain import Toolchain

FIRST, SECOND = "node-a", "node-b"
"""The first has all data, as it is there first; web pods and workers are on both."""


class Machine:
    """A cluster in a checkout's state, whose simulated nodes are gone."""

    def __init__(self, state: Path, toolchain: Toolchain, mirror: str) -> None:
        folder = state / "nodes"
        self.cluster = EmbeddedCluster(state / "cluster", toolchain)
        self.nodes = {
            name: Node(name, folder / name, self.cluster, toolchain, mirror) for name in (FIRST, SECOND)
        }
        self.entrance = Entrance(folder / "entrance", self.cluster, toolchain)
        self._network = NodeNetwork(folder / "network", self.cluster, toolchain)
        self._volumes = folder / "volumes"

    @property
    def client(self) -> Client:
        """The cluster's administrator."""
        config = KubeConfig.from_file(self.cluster.kubeconfig)
        return Client(config=config, namespace="default", trust_env=False)

    def start(self) -> None:
        """Start all but the second node."""
        self.cluster.start()
        for node in self.client.list(NodeObject):
            assert node.metadata and node.metadata.name
            self.client.delete(NodeObject, node.metadata.name)
        offer(self.cluster, self._volumes, list(self.nodes))
        self._network.start()
        self.join(FIRST)
        self.entrance.start()

    def join(self, name: str) -> None:
        """Start a node and wait until it is ready."""
        self.nodes[name].start()
        until(lambda: self._ready(name), 60, f"{name} is not ready")

    def stop(self) -> None:
        """Leave nothing."""
        self.entrance.stop()
        for node in self.nodes.values():
            node.remove()
        self._network.stop()
        self.cluster.destroy()

    def drain(self, name: str) -> None:
        """Take a node out of service as `kubectl drain` does: no new pods, and each there is asked to go."""
        self._schedulable(name, False)
        until(lambda: not self._evict(name), 600, f"pods stay on {name}")

    def uncordon(self, name: str) -> None:
        """Let pods come again."""
        self._schedulable(name, True)

    def pods_on(self, name: str) -> list[Pod]:
        """Pods on a node that run or will."""
        pods = self.client.list(Pod, namespace="*", fields={"spec.nodeName": name})
        return [pod for pod in pods if pod.status and pod.status.phase in ("Pending", "Running")]

    def _schedulable(self, name: str, wanted: bool) -> None:
        self.client.patch(NodeObject, name, {"spec": {"unschedulable": not wanted}})

    def _evict(self, name: str) -> list[Pod]:
        """Ask all pods on a node to go; return those that are there yet."""
        there = self.pods_on(name)
        for pod in there:
            meta = pod.metadata
            assert meta and meta.name
            if meta.deletionTimestamp is None:
                eviction = PodEviction(metadata=ObjectMeta(name=meta.name, namespace=meta.namespace))
                try:
                    self.client.create(eviction, meta.name, namespace=str(meta.namespace))
                except ApiError as error:
                    # A budget has no room now: later it has.
                    assert error.status.code in (404, 429), error
        return there

    def _ready(self, name: str) -> bool:
        try:
            node = self.client.get(NodeObject, name)
        except ApiError:
            return False
        conditions = (node.status and node.status.conditions) or []
        return any(each.type == "Ready" and each.status == "True" for each in conditions)


def until(holds: Callable[[], object], seconds: float, otherwise: str) -> float:
    """Wait until something holds; return the seconds that it took."""
    begin = time.monotonic()
    while not holds():
        assert time.monotonic() - begin < seconds, f"{otherwise} after {seconds:.0f} s"
        time.sleep(0.5)
    return time.monotonic() - begin
