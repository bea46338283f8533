"""Volumes of pods on real nodes: folders of this machine, which every node can mount.

The volumes are of Kubernetes' kind `local`: unlike those of its own provisioner on a host path, they get the
group of the pod that mounts them, as cloud disks do. They are there before anybody claims one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from tools.cluster import EmbeddedCluster

CLASS = "standard"
"""The embedded cluster's own storage class: a claim gets a volume that is there before one is made."""
SIZE = "100Gi"
"""What each volume says that it has; nobody counts."""


def offer(cluster: EmbeddedCluster, folder: Path, nodes: Sequence[str], count: int = 10) -> None:
    """Let `count` volumes in a folder be claimed, from any of these nodes: all are this machine."""
    volumes = []
    for number in range(count):
        path = folder / str(number)
        path.mkdir(parents=True, exist_ok=True)
        volumes.append(_volume(f"folder-{number}", path, nodes))
    manifests = folder / "volumes.yaml"
    manifests.write_text(yaml.safe_dump_all(volumes))
    cluster.apply(manifests)


def _volume(name: str, path: Path, nodes: Sequence[str]) -> dict[str, Any]:
    expression = {"key": "kubernetes.io/hostname", "operator": "In", "values": list(nodes)}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "storageClassName": CLASS,
            "capacity": {"storage": SIZE},
            "accessModes": ["ReadWriteOnce", "ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "local": {"path": str(path)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}},
        },
    }
