"""A preview of a stack: what the cluster has lost, what would change, and what restarts because of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from openedx_infra.operations.deploy import former_extras, missing_objects, moved_datastores, unbound_claims
from openedx_infra.operations.deploy.unbound_claims import UnboundClaim
from openedx_infra.operations.drift.presence import Presence
from openedx_infra.operations.engine import failure
from openedx_infra.operations.engine.events import Started
from openedx_infra.operations.engine.progress import Plan, counted
from openedx_infra.operations.engine.session import Session
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.plan.change_summary import ChangeSummary, summary
from openedx_infra.operations.plan.objects import diffs


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is known of a stack before Pulumi runs."""

    orphans: Sequence[str]
    """URNs of what moved datastores leave behind."""
    unbound: Sequence[UnboundClaim]
    """Claims that make place for others: they were never bound."""
    presence: Presence
    """What the cluster has lost."""

    @property
    def leaving(self) -> list[str]:
        """URNs of what is protected, and leaves the state before `up`: its preview leaves them out."""
        return [*self.orphans, *(claim.urn for claim in self.unbound if claim.in_state)]


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What a preview found."""

    stack: str
    look: Look
    plan: Plan
    summary: ChangeSummary

    @property
    def steps(self) -> Sequence[Started]:
        """All that would be done."""
        return self.plan.steps

    @property
    def counts(self) -> Mapping[str, int]:
        """Number of resources by Pulumi's words."""
        return self.plan.summary.changes if self.plan.summary else {}

    def show(self, console: Console, *, diff: bool = False) -> None:
        """Print it; one line when nothing would change."""
        if not self.steps:
            same = self.counts.get("same", 0)
            console.print(f"No changes: stack {self.stack} is as its file describes it ({same} unchanged).")
            return
        for line in self.summary.lines():
            console.print(line, soft_wrap=True)
        console.print("Objects", style="bold")
        self.plan.show(console)
        for text in diffs(self.summary.objects) if diff else ():
            console.print(Text(text, _STYLES.get(text[:1], "")), soft_wrap=True)
        console.print(f"Preview: {counted(self.counts, future=True)}. Nothing was changed.", soft_wrap=True)

    def print_json(self) -> None:
        """Print it for machines."""
        gone = self.look.presence.gone
        content: dict[str, Any] = {
            "stack": self.stack,
            "counts": dict(self.counts),
            "missing": [{"kind": each.kind, "name": each.name, "data": each.holds_data} for each in gone],
            **self.summary.as_json(),
        }
        print(json.dumps(content, indent=2, ensure_ascii=False))


_STYLES = {"+": "green", "-": "red", "@": "cyan"}
"""Colours of the lines of a diff."""


def inspect(session: Session, console: Console) -> Look:
    """Find and print what moved datastores and former containers leave behind, unbound claims, and what the
    cluster has lost."""
    stack, live = session.stack, session.live
    state = live.state()
    unbound = unbound_claims.outdated(unbound_claims.unbound(state, session.target.client()), stack)
    urns = {claim.urn for claim in unbound}
    left = [*moved_datastores.orphans(stack, live, session.emptied), *former_extras.volumes(stack, state)]
    orphans = [urn for urn in dict.fromkeys(left) if urn not in urns]
    moved_datastores.print_orphans(orphans, console)
    unbound_claims.show(unbound, console)
    presence = missing_objects.find(session, state)
    missing_objects.show(presence, session.file.name, console)
    return Look(orphans=orphans, unbound=unbound, presence=presence)


def plan(session: Session, console: Console, *, refresh: bool = False, look: Look | None = None) -> Planned:
    """Preview `up`. Raises OperationError when the program fails.

    Where objects are missing, all are read from the cluster first: Pulumi's state still has the missing ones.
    """
    before = look or inspect(session, console)
    result = Plan()
    try:
        session.verbs(result).preview(refresh=refresh or bool(before.presence.gone), exclude=before.leaving)
    except OperationError as error:
        raise failure.of_program(error, result.errors) from error
    found = summary(result.steps, result.outputs)
    return Planned(stack=session.file.name, look=before, plan=result, summary=found)
