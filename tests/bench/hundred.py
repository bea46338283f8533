"""The cost of the hundredth instance on a cluster, against the first's: whole ones, on simulated nodes.

Not among the usual steps, as it takes about an hour: `INSTANCES=100 NODES=200 python -m tests.bench hundred`.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Node, Pod

from tests.bench import aws, memory, stacks
from tests.bench.report import Figure

COUNT = int(os.environ.get("INSTANCES", "100"))
NODES = int(os.environ.get("NODES", "200"))
GOAL = 1.3
"""The most that the last instances may cost, as a multiple of the first."""
EDGE = 5
"""So many at each end are compared, by their median; fewer where there are few."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one instance costs."""

    up: float
    """Seconds to bring it up from nothing."""
    preview: float
    """Seconds to find that nothing is to do."""
    peak: int
    """Bytes that the program takes at most meanwhile."""


def on_one_cluster(folder: Path) -> list[Figure]:
    """What instances cost, and how the last compare to the first."""
    target = stacks.dev().target
    client = target.client()
    assert client is not None
    _add_nodes(client)
    costs = []
    for number in range(1, COUNT + 1):
        costs.append(_cost(folder, number))
        if number % 10 == 0:
            _tell(number, costs[-10:])
    edge = min(EDGE, COUNT // 2) or 1
    pods = sum(1 for _ in client.list(Pod, namespace="*"))
    note = f"{pods} pods on {NODES} nodes"
    return [
        *(each for number in sorted({1, *range(10, COUNT, 10), COUNT}) for each in _told(number, costs)),
        _ratio("up", [each.up for each in costs], edge, note),
        _ratio("preview", [each.preview for each in costs], edge, note),
        _ratio("memory of the program", [float(each.peak) for each in costs], edge, note),
    ]


def _tell(number: int, costs: list[Cost]) -> None:
    """Say how far it is: an hour is long."""
    up, preview = (median(getattr(each, name) for each in costs) for name in ("up", "preview"))
    peak = median(each.peak for each in costs) / 1e6
    load = os.getloadavg()[0]
    text = f"{number} instances: up {up:.1f} s, preview {preview:.1f} s, {peak:.0f} MB (load {load:.1f})"
    print(text, file=sys.stderr, flush=True)


def _add_nodes(client: Client) -> None:
    """Have as many simulated nodes as were asked for, like the first one."""
    model, *others = client.list(Node)
    assert model.metadata
    for number in range(len(others) + 1, NODES):
        name = f"simulated-{number}"
        labels = (model.metadata.labels or {}) | {"kubernetes.io/hostname": name}
        annotations = {"kwok.x-k8s.io/node": "fake"}
        client.create(Node(metadata=ObjectMeta(name=name, labels=labels, annotations=annotations)))


def _cost(folder: Path, number: int) -> Cost:
    name = f"whole-{number:03}"
    said = {"cluster": aws.embedded(name), "site": {"lms_host": f"{name}.example.org"}}
    made = aws.stack(folder, name, said)
    with memory.peak() as peak:
        begin = time.monotonic()
        stacks.up(made)
        up = time.monotonic() - begin
    return Cost(up=up, preview=stacks.timed(stacks.preview(made)), peak=peak[0])


def _told(number: int, costs: list[Cost]) -> list[Figure]:
    cost = costs[number - 1]
    what = f"whole instance {number} of {COUNT}"
    return [
        Figure(what=f"{what}, up", value=cost.up, unit="s", note=f"{cost.peak / 1e6:.0f} MB at most"),
        Figure(what=f"{what}, preview", value=cost.preview, unit="s"),
    ]


def _ratio(what: str, costs: list[float], edge: int, note: str) -> Figure:
    value = median(costs[-edge:]) / median(costs[:edge])
    return Figure(
        what=f"{what}: the last : the first whole instances", value=value, unit="x", goal=GOAL, note=note
    )
