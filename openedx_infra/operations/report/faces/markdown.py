"""A report as Markdown for a comment on a pull request, within its limit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from openedx_infra.operations.plan.change_summary import site_names
from openedx_infra.operations.plan.objects import ObjectChange
from openedx_infra.operations.report.components import Component
from openedx_infra.operations.report.costs import Cost
from openedx_infra.operations.report.picture import MARKS
from openedx_infra.operations.report.risks import TITLES
from openedx_infra.operations.report.stack_report import StackReport

GITHUB, GITLAB = 65_536, 1_000_000
"""Characters of a comment at most, as GitHub and GitLab document."""

MARKER = "<!-- openedx-infra report -->"
"""First line, by which a workflow finds the comment that it updates."""

_CUT = "\n\n*Shortened: the whole report is in the files that `--output` wrote.*\n"
_OPS = {"create": "+", "update": "~", "replace": "±", "delete": "-"}
T = TypeVar("T")
_LONGEST = 300
_FEW = 10
"""Rows of a list in a shortened report."""


def text(stacks: Sequence[StackReport], base: str, limit: int = GITHUB) -> str:
    """The report, of `limit` characters at most: what matters least is left out first.

    First go objects, then components and files, then rows of settings and sizes beyond ten, last all of them.
    """
    for level in range(5):
        whole = "\n".join([MARKER, *_overview(stacks, base), *(_stack(each, level) for each in stacks)])
        whole += _CUT if level else ""
        if len(whole) <= limit:
            return whole
    kept = whole.removesuffix(_CUT)[: max(limit - len(_CUT), 0)]
    return (kept + _CUT)[:limit]


def _overview(stacks: Sequence[StackReport], base: str) -> Iterator[str]:
    if not stacks:
        yield f"**No stack reads what changed since {base}.**"
        return
    for each in stacks:
        yield f"**{code(each.stack)}: {plain(each.headline)}** ({each.outcome.value})  "


def _stack(each: StackReport, level: int) -> str:
    lines = [f"\n## {code(each.stack)}\n"]
    lines += [f"- **Visitors notice**: {plain(each.notice)}"]
    lines += [f"- **At risk** ({TITLES[d.risk]}): {plain(d.what)}" for d in _some(each.dangers, level)]
    lines += [f"- **To do**: {line}" for line in each.needs]
    lines += [f"- **Must approve**: {plain(str(each.approvals))}"]
    lines += [f"- **Fault**: {plain(line)}" for line in _some(each.problems, level)]
    lines += [f"- **Policy broken**: {plain(_policy(one))}" for one in _some(each.policies, level)]
    lines += [f"- **Migrations**: {line}" for line in each.migrations]
    lines += [f"- **Secrets that change**: {', '.join(map(code, each.secrets))}"] if each.secrets else []
    lines += list(_cost(each.cost))
    lines += [f"- *Rests on {plain(each.basis)}.*"]
    for least, title, part in _PARTS:
        rows = list(part(each)) if level < least else []
        shown = _some(rows, level)
        if shown:
            rest = [f"| … | {len(rows) - len(shown)} more |"] if len(shown) < len(rows) else []
            head = f"\n<details><summary>{title} ({len(rows)})</summary>\n\n| | |\n|---|---|"
            lines += [head, *(f"| {name} | {value} |" for name, value in shown), *rest, "\n</details>"]
    return "\n".join(lines) + "\n"


def _some(rows: Sequence[T], level: int) -> Sequence[T]:
    return rows[:_FEW] if level >= 3 else rows


def _policy(each: Mapping[str, str]) -> str:
    return f"{each['where']}: {each['text']} ({each['rule']})"


def _cost(cost: Cost | None) -> Iterator[str]:
    if cost is None:
        return
    before, now = cost.before, cost.now
    if before.parts or now.parts:
        yield (
            f"- **Cost**: {before.total:.0f} → {now.total:.0f} USD a month "
            f"({plain(cost.prices.source)}, {cost.prices.date})"
        )
    if now.unpriced:
        yield f"- **No price for**: {', '.join(map(plain, now.unpriced))}"
    yield (
        f"- **Pods reserve**: {before.cores:.2f} → {now.cores:.2f} cores, "
        f"{before.gibibytes:.2f} → {now.gibibytes:.2f} GiB"
    )


def _keys(each: StackReport) -> Iterator[tuple[str, str]]:
    yield from ((code(f"openedx:{d.name}"), plain(str(d))) for d in each.summary.keys)


def _settings(each: StackReport) -> Iterator[tuple[str, str]]:
    for change in each.summary.settings:
        lines = f"<br>{'<br>'.join(map(plain, change.lines[:20]))}" if change.lines else ""
        yield (
            f"{plain(site_names(change.where))}: {code(change.difference.name)}",
            plain(str(change.difference)) + lines,
        )


def _images(each: StackReport) -> Iterator[tuple[str, str]]:
    yield from ((plain(", ".join(w.workloads)), plain(str(w.difference))) for w in each.summary.images)


def _sizes(each: StackReport) -> Iterator[tuple[str, str]]:
    for change in each.summary.sizes:
        yield plain(", ".join(change.workloads)), plain(f"{change.difference.name} {change.difference}")


def _pods(each: StackReport) -> Iterator[tuple[str, str]]:
    yield from ((code(restart.name), plain(restart.effect)) for restart in each.summary.restarts)


def _components(each: StackReport) -> Iterator[tuple[str, str]]:
    changed = [one for one in each.components if one.state != "unchanged"]
    yield from ((code(one.name), f"{MARKS[one.state]} {one.state}, {_counted(one)}") for one in changed)


def _counted(one: Component) -> str:
    return f"{len(one.changes)} object{'' if len(one.changes) == 1 else 's'}"


def _objects(each: StackReport) -> Iterator[tuple[str, str]]:
    rest = [one for one in each.components if one.changes]
    yield from ((code(one.name), "<br>".join(map(_object, one.changes))) for one in rest)


def _object(change: ObjectChange) -> str:
    return f"{_OPS[change.op]} {plain(str(change.urn))}" + (
        f": {plain(', '.join(change.paths))}" if change.op in ("update", "replace") and change.paths else ""
    )


def _files(each: StackReport) -> Iterator[tuple[str, str]]:
    yield from ((code(path), "") for path in each.files)


def plain(value: str) -> str:
    """A text of which Markdown takes nothing for its own, in one line, cut after 300 characters."""
    cut = value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…"
    escaped = re.sub(r"([\\`*_\[\]|~#])", r"\\\1", " ".join(cut.split()))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")


def code(value: str) -> str:
    """A name as code."""
    return f"`{' '.join(value.replace('`', ' ').replace('|', ' ').split())[:_LONGEST]}`"


_Rows = Callable[[StackReport], Iterable[tuple[str, str]]]

_PARTS: tuple[tuple[int, str, _Rows], ...] = (
    (4, "Keys of the stack file", _keys),
    (4, "Settings", _settings),
    (4, "Images", _images),
    (4, "Sizes", _sizes),
    (4, "Pods, and what visitors notice", _pods),
    (2, "Components", _components),
    (1, "Objects by component", _objects),
    (2, "Files that it reads", _files),
)
"""Parts with the level of shortening at which they go."""
