"""The report on one stack: what its change means, put together from the preview's model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openedx_infra.operations.plan.change_summary import ChangeSummary, summary
from openedx_infra.operations.report import picture, risks
from openedx_infra.operations.report.approvals import Needed, Rules, needed
from openedx_infra.operations.report.components import Component, components
from openedx_infra.operations.report.costs import Cost, Prices, cost
from openedx_infra.operations.report.options import Outcome
from openedx_infra.operations.report.recordings import Recording, changed_secrets, outputs, steps
from openedx_infra.operations.report.risks import Danger

RECORDED = "recordings of the program before and after, without cluster and state"
PREVIEW = "Pulumi's preview against the state and the cluster"
_NOTHING = summary((), None)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A stack before and after a change."""

    name: str
    files: Sequence[str]
    """Changed files that it reads."""
    before: Recording
    now: Recording
    preview: ChangeSummary | None = None
    """What Pulumi's preview found; None where the recordings are compared."""
    note: str = ""
    """Why there is no preview; empty where nobody wants to know."""


@dataclass(frozen=True, kw_only=True)
class StackReport:
    """What the change of a stack means."""

    stack: str
    files: Sequence[str]
    basis: str
    """What the report rests on: PREVIEW or RECORDED, with the reason."""
    outcome: Outcome
    headline: str
    notice: str
    """How long visitors notice it."""
    dangers: Sequence[Danger]
    needs: Sequence[str]
    approvals: Needed
    problems: Sequence[str]
    """Why the stack can't be brought up."""
    policies: Sequence[Mapping[str, str]]
    """What the policies refuse after the change."""
    migrations: Sequence[str]
    secrets: Sequence[str]
    """Names of secrets that change."""
    summary: ChangeSummary
    components: Sequence[Component]
    cost: Cost | None

    def as_json(self) -> dict[str, Any]:
        """The same for machines; docs/report.md describes it."""
        return {
            "stack": self.stack,
            "outcome": self.outcome.value,
            "headline": self.headline,
            "notice": self.notice,
            "basis": self.basis,
            "files": list(self.files),
            "risks": risks.as_json(self.dangers),
            "needs": list(self.needs),
            "approvals": self.approvals.as_json(),
            "problems": list(self.problems),
            "policies": [dict(each) for each in self.policies],
            "migrations": list(self.migrations),
            "cost": self.cost.as_json() if self.cost else None,
            "components": [
                {
                    "name": each.name,
                    "kind": each.kind,
                    "state": each.state,
                    "waits_for": list(each.waits_for),
                    "objects": [change.urn.text for change in each.changes],
                }
                for each in self.components
            ],
            "changes": {**self.summary.as_json(), "secrets": list(self.secrets)},
        }

    @property
    def picture(self) -> str:
        """The components as SVG; empty where none are known."""
        return picture.svg(self.components, f"Components of {self.stack}") if self.components else ""


def stack_report(pair: Pair, rules: Rules, prices: Prices) -> StackReport:
    """What the change of a stack means."""
    if fault := _fault(pair):
        return fault
    found = pair.preview or summary(steps(pair.before, pair.now), outputs(pair.before, pair.now))
    estimated = cost(pair.before, pair.now, prices)
    secrets = sorted({*found.secrets, *changed_secrets(pair.before, pair.now)})
    dangers = _dangers(pair, found, secrets, estimated, rules)
    approvals = needed(rules, pair.name, dangers)
    return StackReport(
        stack=pair.name,
        files=pair.files,
        basis=PREVIEW if pair.preview else RECORDED + (f": {pair.note}" if pair.note else ""),
        outcome=_outcome(found, secrets, approvals),
        headline=risks.headline(found, dangers)
        if found.objects or found.keys or not secrets
        else f"Secrets change: {', '.join(secrets)}; pods that read them restart",
        notice=risks.notice(found),
        dangers=dangers,
        needs=risks.needs(found, dangers, pair.name),
        approvals=approvals,
        problems=(),
        policies=pair.now.policies,
        migrations=risks.migrations(found),
        secrets=secrets,
        summary=found,
        components=components(pair.before, pair.now, found),
        cost=estimated,
    )


def _dangers(
    pair: Pair, found: ChangeSummary, secrets: Sequence[str], estimated: Cost, rules: Rules
) -> list[Danger]:
    more = risks.dangers(found, pair.before.protected)
    known = set(found.secrets)
    more += [
        Danger(risk="secrets", what=f"secret {name} is encrypted anew, removed or added in the stack file")
        for name in secrets
        if name not in known
    ]
    before = {tuple(sorted(each.items())) for each in pair.before.policies}
    more += [
        Danger(risk="policies", what=f"{each['where']}: {each['text']} ({each['rule']})")
        for each in pair.now.policies
        if tuple(sorted(each.items())) not in before
    ]
    if estimated.more > rules.cost_above:
        more.append(
            Danger(
                risk="cost", what=f"about {estimated.more:.0f} USD a month more ({estimated.prices.source})"
            )
        )
    return risks.in_order(more)


def _outcome(found: ChangeSummary, secrets: Sequence[str], approvals: Needed) -> Outcome:
    if approvals.refused:
        return Outcome.REFUSED
    if approvals.people:
        return Outcome.NEEDS_APPROVAL
    return Outcome.CHANGES if found.objects or found.keys or secrets else Outcome.NOTHING


def _fault(pair: Pair) -> StackReport | None:
    """The report on a stack of which one side is unknown; None where both are known."""
    before, now = pair.before, pair.now
    if now.missing:
        return _unknown(
            pair,
            Outcome.NEEDS_APPROVAL,
            "The stack file goes, and what the stack made stays",
            [Danger(risk="irreversible", what="nobody can change or delete a stack without its file")],
            [f"Run `openedx-infra destroy --stack {pair.name}` before, if the instance should go, too."],
        )
    if now.problems:
        same = list(now.problems) == list(before.problems)
        title = (
            "Not ready before the change nor after it, for the same reasons; nothing changes"
            if same
            else f"`up` would refuse it, for {_faults(len(now.problems))} of the configuration"
        )
        return _unknown(pair, Outcome.NOTHING if same else Outcome.REFUSED, title, [], [])
    if before.failure:
        title = f"What changes isn't known: the base's program fails ({before.failure})"
        return _unknown(pair, Outcome.NEEDS_APPROVAL, title, [], ["Look at `openedx-infra preview`."])
    return None


def _faults(count: int) -> str:
    return "a fault" if count == 1 else f"{count} faults"


def _unknown(
    pair: Pair, outcome: Outcome, title: str, dangers: Sequence[Danger], needs: Sequence[str]
) -> StackReport:
    people = 1 if outcome is Outcome.NEEDS_APPROVAL else 0
    return StackReport(
        stack=pair.name,
        files=pair.files,
        basis=RECORDED,
        outcome=outcome,
        headline=title,
        notice="nothing" if outcome is not Outcome.NEEDS_APPROVAL else "isn't known",
        dangers=dangers,
        needs=needs,
        approvals=Needed(people=people, reasons=("what isn't known",) if people else ()),
        problems=pair.now.problems,
        policies=pair.now.policies,
        migrations=(),
        secrets=(),
        summary=_NOTHING,
        components=(),
        cost=None,
    )
