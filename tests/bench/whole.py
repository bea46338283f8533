"""The time of `up` from nothing, and the chain of resources that decides it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from openedx_infra.operations.engine.events import Event, Finished, Started
from openedx_infra.operations.urn import Urn
from tests.bench import stacks
from tests.bench.report import Figure


@dataclass
class Clock:
    """Notes when each resource's first step begins and its last one ends."""

    started: dict[str, float] = field(default_factory=dict)
    finished: dict[str, float] = field(default_factory=dict)
    ops: dict[str, str] = field(default_factory=dict)
    """What was done to each: Pulumi's word for the last step that ended."""

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, Started):
            self.started.setdefault(event.urn.text, time.monotonic())
        elif isinstance(event, Finished):
            self.finished[event.urn.text] = time.monotonic()
            self.ops[event.urn.text] = event.op


@dataclass(frozen=True, kw_only=True)
class Link:
    """A resource on the critical path: seconds that it took, and that it waited after the one before it."""

    urn: Urn
    took: float
    waited: float


def up_from_nothing() -> list[Figure]:
    """Seconds of each part of `up`, and the links of the chain that took longest."""
    begin = time.monotonic()
    session = stacks.dev()
    ready = time.monotonic()
    clock = Clock()
    session.verbs(clock).up()
    end = time.monotonic()
    first, last = min(clock.started.values()), max(clock.finished.values())
    chain = critical_path(clock, session.live.state()["deployment"]["resources"])
    return [
        Figure(what="up from nothing, in all", value=end - begin, unit="s", note="tools were there"),
        Figure(what="  cluster, stack and secrets", value=ready - begin, unit="s"),
        Figure(what="  Pulumi and the program start", value=first - ready, unit="s"),
        Figure(what="  resources", value=last - first, unit="s", note=f"{len(clock.finished)} of them"),
        Figure(what="  end of Pulumi", value=end - last, unit="s"),
        *(_figure(link) for link in chain),
    ]


def critical_path(clock: Clock, resources: list[Mapping[str, Any]]) -> list[Link]:
    """The chain that ends last: before each link stands the one of its dependencies which ended last."""
    known = {resource["urn"]: resource for resource in resources if resource["custom"]}
    chain: list[Link] = []
    urn: str | None = max(known.keys() & clock.finished.keys(), key=clock.finished.__getitem__)
    while urn:
        before = max(
            (each for each in needs(known, urn) if each in clock.finished),
            key=clock.finished.__getitem__,
            default=None,
        )
        since = clock.finished[before] if before else min(clock.started.values())
        begun = clock.started.get(urn, since)
        chain.append(Link(urn=Urn(urn), took=clock.finished[urn] - begun, waited=max(begun - since, 0.0)))
        urn = before
    return chain[::-1]


def needs(known: Mapping[str, Mapping[str, Any]], urn: str) -> Iterator[str]:
    """What a resource waits for. Components are passed over: they are registered at once."""
    resource = known.get(urn, {})
    provider = str(resource.get("provider", "")).rpartition("::")[0]
    for needed in (*resource.get("dependencies", ()), provider):
        if needed in known:
            yield needed


def _figure(link: Link) -> Figure:
    return Figure(
        what=f"  critical: {link.urn}",
        value=link.took,
        unit="s",
        note=f"{link.waited:.2f} s after the one before",
    )
