"""The cost of the fiftieth instance on a foundation, against the first's: time, state, resources."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench import aws, stacks
from tests.bench.report import Figure

COUNT = int(os.environ.get("INSTANCES", "4"))
"""How many instances: `make bench INSTANCES=50`."""
GOAL = 1.3
"""The most that the last may cost, as a multiple of the first; what a busy machine adds is in it."""

FOUNDATION = {
    "kind": "foundation",
    "aws": {
        "region": "eu-west-1",
        "network": {
            "vpc": "vpc-0a1b2c3d4e5f60718",
            "subnets": ["subnet-0a1b2c3d4e5f60718", "subnet-0b1b2c3d4e5f60718"],
            "clients": ["sg-0a1b2c3d4e5f60718"],
        },
        "identity": {"source": "pod-identity", "cluster": "campus"},
    },
    "datastores": {
        "mysql": {"source": "rds"},
        "broker": {"source": "elasticache"},
        "cache": {"source": "elasticache"},
    },
}


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one instance costs."""

    up: float
    """Seconds to bring it up from nothing."""
    preview: float
    """Seconds to find that nothing is to do."""
    state: int
    """Bytes of its state."""
    resources: int


def on_one_foundation(folder: Path) -> list[Figure]:
    """What instances cost, the first, every tenth and the last, and how the last compares to the first."""
    stacks.up(aws.stack(folder, "foundation", FOUNDATION))
    costs = [_cost(folder, number) for number in range(1, COUNT + 1)]
    told = sorted({1, *range(10, COUNT + 1, 10), COUNT})
    edge = min(5, COUNT // 2) or 1
    first, last = costs[:edge], costs[-edge:]
    return [
        *(figure for number in told for figure in _figures(number, costs[number - 1])),
        _ratio("up", median(each.up for each in first), median(each.up for each in last)),
        _ratio("preview", median(each.preview for each in first), median(each.preview for each in last)),
        _ratio("state", first[0].state, last[-1].state),
        _ratio("resources", first[0].resources, last[-1].resources),
    ]


def _cost(folder: Path, number: int) -> Cost:
    name = f"site-{number:03}"
    instance = aws.stack(folder, name, _said(name))
    begin = time.monotonic()
    stacks.up(instance)
    up = time.monotonic() - begin
    state = instance.live.state()
    return Cost(
        up=up,
        preview=stacks.timed(stacks.preview(instance)),
        state=len(json.dumps(state)),
        resources=len(state["deployment"]["resources"]),
    )


def _said(name: str) -> dict[str, object]:
    """A small site: shared servers, and the rest of its own."""
    own = name.replace("-", "_")
    return {
        "cluster": aws.embedded(name),
        "site": {"lms_host": f"{name}.example.org"},
        "aws": {"region": "eu-west-1"},
        "foundation": "organization/openedx/foundation",
        "datastores": {
            "mysql": {
                "source": "shared", "ca": "tests/data/certificates/ca.pem", "database": own, "user": own,
            },
            "broker": {"source": "shared"},
            "cache": {"source": "shared"},
            "storage": {"source": "s3"},
        },
    }  # fmt: skip


def _figures(number: int, cost: Cost) -> list[Figure]:
    return [
        Figure(
            what=f"instance {number} of {COUNT}, up",
            value=cost.up,
            unit="s",
            note=f"{cost.resources} resources, {cost.state / 1000:.0f} kB of state",
        ),
        Figure(what=f"instance {number} of {COUNT}, preview", value=cost.preview, unit="s"),
    ]


def _ratio(what: str, first: float, last: float) -> Figure:
    return Figure(what=f"{what}: the last : the first instances", value=last / first, unit="x", goal=GOAL)
