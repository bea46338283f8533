"""What servers need of the nodes' CPUs, where Node Feature Discovery tells it by labels, and kernels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openedx_infra.operations.prerequisites.facts import Facts, Item, Items
from openedx_infra.operations.prerequisites.lack import Lack, listed

_FLAG = "feature.node.kubernetes.io/cpu-cpuid."
"""What labels of flags of a CPU begin with."""
_AVX = f"{_FLAG}AVX"
"""Label that nodes with AVX have: it is among those that are set by default (Node Feature Discovery,
configuration reference, core.labelSources)."""


_LANDLOCK = (5, 13)
"""First Linux that has Landlock, by which Codejail confines what it runs."""


def problems(objects: Items, facts: Facts) -> Iterator[Lack]:
    """What some nodes lack, or all of them."""
    yield from _of_mongodb(objects, facts)
    yield from _of_codejail(objects, facts)


def _of_codejail(objects: Items, facts: Facts) -> Iterator[Lack]:
    """Codejail's pod never gets ready on an older kernel. One that tells no version isn't judged; whether
    Landlock is switched on no node tells."""
    if not any(
        (obj["kind"], obj.get("metadata", {}).get("name")) == ("Deployment", "codejail") for obj in objects
    ):
        return
    nodes = facts.nodes or ()
    old = [node["metadata"]["name"] for node in nodes if (0, 0) < _kernel(node) < _LANDLOCK]
    if old:
        yield Lack(
            key="openedx:services.codejail",
            found=f"the Linux of {listed(sorted(old))} is older than 5.13: it can't confine code",
            remedy="Upgrade the node's system, or set `enabled: false`: problems with Python show an error",
            fatal=len(old) == len(nodes),
        )


def _kernel(node: Item) -> tuple[int, int]:
    kernel = node.get("status", {}).get("nodeInfo", {}).get("kernelVersion", "")
    version = re.match(r"(\d+)\.(\d+)", kernel)
    return (int(version[1]), int(version[2])) if version else (0, 0)


def _of_mongodb(objects: Items, facts: Facts) -> Iterator[Lack]:
    """MongoDB 5 and later run on no x86 CPU without AVX: code 132. Nodes that nobody has labelled are not
    judged."""
    if not any(map(_is_mongodb, objects)):
        return
    nodes = facts.nodes or ()
    without = [node["metadata"]["name"] for node in nodes if _lacks_avx(_labels(node))]
    if without:
        yield Lack(
            key="openedx:datastores.mongodb",
            found=f"the CPU of {listed(sorted(without))} has no AVX, without which MongoDB ends at once",
            remedy="Give virtual machines the CPU type `host`, add a node with AVX, or set another source",
            fatal=len(without) == len(nodes),
        )


def _is_mongodb(obj: Item) -> bool:
    what = obj["kind"], obj.get("metadata", {}).get("name")
    return what[0] == "PerconaServerMongoDB" or what == ("StatefulSet", "mongodb")


def _labels(node: Item) -> Item:
    labels: Item = node["metadata"].get("labels") or {}
    return labels


def _lacks_avx(labels: Item) -> bool:
    is_known = any(name.startswith(_FLAG) for name in labels)
    return is_known and labels.get("kubernetes.io/arch", "amd64") == "amd64" and labels.get(_AVX) != "true"
