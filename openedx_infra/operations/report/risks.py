"""What a change puts at risk, what visitors notice of it, and what the operator has to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from openedx_infra.operations.plan.change_summary import ChangeSummary
from openedx_infra.operations.plan.differences import ABSENT, text
from openedx_infra.operations.plan.objects import ObjectChange

Risk = Literal["data-loss", "irreversible", "secrets", "cost", "outage", "policies"]
RISKS: tuple[Risk, ...] = ("data-loss", "irreversible", "policies", "outage", "secrets", "cost")
"""All risks, the gravest first."""

TITLES: dict[Risk, str] = {
    "data-loss": "data loss",
    "irreversible": "irreversible",
    "secrets": "secrets",
    "cost": "cost",
    "outage": "outage",
    "policies": "policies broken",
}

_HOLDING_DATA = (
    "PersistentVolumeClaim",
    "StatefulSet",
    "InnoDBCluster",
    "PerconaServerMongoDB",
    "MongoDBCommunity",
    "MariaDB",
)
_HOLDING_DATA_ON_AWS = (
    "Instance",
    "Cluster",
    "ClusterInstance",
    "ReplicationGroup",
    "Bucket",
    "BucketV2",
    "FileSystem",
    "Key",
)
_RELEASE = ("release",)


@dataclass(frozen=True, kw_only=True)
class Danger:
    """One thing that is at risk."""

    risk: Risk
    what: str
    """What is at risk and why, in a sentence without its point."""


def dangers(summary: ChangeSummary, protected: Iterable[str] = ()) -> list[Danger]:
    """All that a change puts at risk, the gravest first. `protected` are URNs that can't be deleted."""
    found = [*_data(summary.objects, frozenset(protected)), *_irreversible(summary), *_outages(summary)]
    found += [Danger(risk="secrets", what=f"secret {name} gets another value") for name in summary.secrets]
    return in_order(found)


def in_order(found: Iterable[Danger]) -> list[Danger]:
    """The gravest first, each once."""
    return sorted(dict.fromkeys(found), key=lambda each: RISKS.index(each.risk))


def holds_data(change: ObjectChange) -> bool:
    """Whether an object holds data, by its kind."""
    if change.urn.is_on_aws:
        return change.urn.kind in _HOLDING_DATA_ON_AWS
    return change.urn.kind in _HOLDING_DATA


def _data(objects: Sequence[ObjectChange], protected: frozenset[str]) -> Iterator[Danger]:
    for each in objects:
        if each.op in ("delete", "replace") and holds_data(each):
            verb = "deleted" if each.op == "delete" else f"replaced ({', '.join(each.paths[:3])})"
            guard = "; it is protected, so `up` refuses" if each.urn.text in protected else ""
            yield Danger(risk="data-loss", what=f"{each.urn} would be {verb}{guard}")


def _irreversible(summary: ChangeSummary) -> Iterator[Danger]:
    for key in summary.keys:
        if key.path == _RELEASE:
            yield Danger(
                risk="irreversible",
                what=f"release {text(key.before)} → {text(key.now)}: its migrations change the databases, "
                "and only a backup brings back what they were",
            )
        if key.path[-1] in ("protect", "deletion_protection") and key.before is True:
            yield Danger(
                risk="irreversible", what=f"{key.name} is switched off: data may be deleted from then on"
            )
    for size in summary.sizes:
        if size.difference.path[-1:] == ("storage",) and size.difference.before is not ABSENT:
            yield Danger(
                risk="irreversible", what=f"{', '.join(size.workloads)}: a volume grows and never shrinks"
            )


def _outages(summary: ChangeSummary) -> Iterator[Danger]:
    for each in summary.restarts:
        if each.seconds or each.how == "stops":
            yield Danger(risk="outage", what=f"{each.name} {each.effect}")


def notice(summary: ChangeSummary) -> str:
    """How long visitors notice the change, in words."""
    stopped = [each.name for each in summary.restarts if each.how == "stops"]
    seconds = [each.seconds for each in summary.restarts]
    if _shows_page(summary):
        return "some minutes of the maintenance page (how long depends on the migrations; it isn't measured)"
    if stopped:
        return f"what {', '.join(stopped)} served is gone"
    if longest := max(seconds, default=0):
        total = sum(seconds)
        span = f"about {longest} s" if total == longest else f"{longest} to {total} s"
        guessed = any(each.seconds and not each.source.startswith("measured") for each in summary.restarts)
        return f"{span} ({'partly a guess' if guessed else 'measured'}; docs/faults.md)"
    return "nothing"


def _shows_page(summary: ChangeSummary) -> bool:
    """Whether the maintenance page is set, or a change of the release needs it."""
    return any(
        key.path == _RELEASE or (key.path[:2] == ("maintenance", "page") and key.now is True)
        for key in summary.keys
    )


def migrations(summary: ChangeSummary) -> list[str]:
    """What is known of migrations that come with the change, in sentences; nothing without any."""
    jobs = [each for each in summary.restarts if each.kind == "Job" and "migrat" in each.name]
    images = [each for each in summary.images if each.difference.name.startswith("openedx")]
    found = [f"{each.name} runs{f', as {each.why}' if each.why else ''}." for each in jobs]
    if images or any(key.path == _RELEASE for key in summary.keys):
        found.append(
            "Which migrations the new image brings can't be known without it. After the image is built, "
            "`openedx-infra manage lms -- showmigrations --plan` in it lists them."
        )
    return found


def needs(summary: ChangeSummary, found: Sequence[Danger], stack: str) -> list[str]:
    """What the change needs from the operator, in sentences."""
    risks = {each.risk for each in found}
    lines = []
    if risks & {"data-loss", "irreversible"}:
        lines.append(f"Make a backup before: `openedx-infra backup --stack {stack}`.")
    if any(key.path == _RELEASE for key in summary.keys):
        lines.append(f"Apply it by `openedx-infra upgrade --stack {stack}` (docs/upgrades.md).")
    elif summary.objects:
        lines.append(f"Apply it by `openedx-infra up --stack {stack}`.")
    if "outage" in risks:
        lines.append("Choose a quiet hour: visitors notice it.")
    if any(key.path[:1] == ("site",) and key.name.endswith("_host") for key in summary.keys):
        lines.append("Point the DNS names of the new hosts to the entrance before.")
    return lines


def headline(summary: ChangeSummary, found: Sequence[Danger]) -> str:
    """What changes for people, in one line."""
    if not summary.objects and not summary.keys:
        return "Nothing changes"
    if lost := [each for each in found if each.risk == "data-loss"]:
        return f"Data may be lost: {lost[0].what}"
    parts: list[str] = [
        f"release {text(k.before)} → {text(k.now)}" for k in summary.keys if k.path == _RELEASE
    ]
    parts += _counted(len(summary.settings), "setting")
    parts += _counted(len(summary.images), "image")
    parts += _counted(len(summary.sizes), "size")
    parts += _counted(len(summary.secrets), "secret")
    parts = parts or _counted(len(summary.objects), "object") or _counted(len(summary.keys), "key")
    new = [each.name for each in summary.restarts if each.how == "starts"]
    gone = [each.name for each in summary.restarts if each.how == "stops"]
    parts += [f"new: {_some(new)}"] if new else []
    parts += [f"gone: {_some(gone)}"] if gone else []
    line = f"{', '.join(parts)}; visitors notice {notice(summary)}"
    return line[:1].upper() + line[1:]


def _counted(count: int, noun: str) -> list[str]:
    return [f"{count} {noun}{'s' if count > 1 else ''} change{'' if count > 1 else 's'}"] if count else []


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def as_json(found: Iterable[Danger]) -> list[dict[str, Any]]:
    """The same for machines."""
    return [{"risk": each.risk, "what": each.what} for each in found]
