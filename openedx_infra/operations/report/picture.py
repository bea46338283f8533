"""The picture of an instance: its components in the order in which they wait for each other, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from openedx_infra.operations.report.components import STATES, Component

WIDTH, HEIGHT = 168, 44
_GAP_X, _GAP_Y, _EDGE = 56, 16, 20
_LEGEND, _KEY = 40, 130
MARKS = {"unchanged": "", "changed": "~", "restarted": "↻", "added": "+", "replaced": "±", "removed": "-"}
"""Signs of states: colour alone would tell nothing to those who can't tell colours apart."""

_STYLE = """
.box{fill:#f6f8fa;stroke:#57606a;stroke-width:1.5}.name{fill:#1f2328;font:600 13px system-ui,sans-serif}
.note{fill:#424a53;font:11px system-ui,sans-serif}.line{fill:none;stroke:#8c959f;stroke-width:1.2}
.back{fill:#ffffff}.changed .box{fill:#ddf4ff;stroke:#0550ae}.restarted .box{fill:#fff1c2;stroke:#7d4e00}
.added .box{fill:#dafbe1;stroke:#116329}.replaced .box{fill:#fbdff0;stroke:#99286e;stroke-width:2.5}
.removed .box{fill:#ffe2e0;stroke:#a40e26;stroke-dasharray:5 3;stroke-width:2.5}
@media (prefers-color-scheme:dark){.back{fill:#0d1117}.box{fill:#161b22;stroke:#8b949e}.name{fill:#f0f6fc}
.note{fill:#c9d1d9}.line{stroke:#6e7681}.changed .box{fill:#0c2d6b;stroke:#79c0ff}
.restarted .box{fill:#4b2900;stroke:#e3b341}.added .box{fill:#033a16;stroke:#56d364}
.replaced .box{fill:#5e103e;stroke:#ff9bce}.removed .box{fill:#67060c;stroke:#ffa198}}
"""


@dataclass(frozen=True)
class _Place:
    x: int
    y: int


def description(components: Sequence[Component]) -> str:
    """The same in words, for those who can't see it."""
    groups = {state: [each.name for each in components if each.state == state] for state in reversed(STATES)}
    parts = [f"{state}: {', '.join(names)}" for state, names in groups.items() if names]
    return f"{len(components)} components. {'. '.join(parts)}." if parts else "No components."


def waiting(components: Sequence[Component]) -> list[str]:
    """What each component waits for, a sentence each."""
    return [f"{each.name} waits for {', '.join(each.waits_for)}." for each in components if each.waits_for]


def svg(components: Sequence[Component], title: str) -> str:
    """The picture: an SVG without scripts and without anything from outside, for light and dark pages."""
    layers = _layers(components)
    columns: dict[int, list[str]] = {}
    for each in components:
        columns.setdefault(layers[each.name], []).append(each.name)
    places = {
        name: _Place(_EDGE + layer * (WIDTH + _GAP_X), _EDGE + row * (HEIGHT + _GAP_Y))
        for layer, names in columns.items()
        for row, name in enumerate(names)
    }
    legend = [state for state in STATES if any(each.state == state for each in components)]
    width = max([place.x for place in places.values()] + [len(legend) * _KEY - WIDTH]) + WIDTH + _EDGE
    height = max([place.y for place in places.values()], default=0) + HEIGHT + _EDGE + _LEGEND
    words = escape(" ".join([description(components), *waiting(components)]))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title><desc>{words}</desc><style>{_STYLE}</style>",
        f'<rect class="back" width="{width}" height="{height}"/>',
        *_edges(components, places, layers),
        *(_box(each, places[each.name]) for each in components),
        *_key(legend, height - _LEGEND + 4),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _layers(components: Sequence[Component]) -> dict[str, int]:
    """The column of each component: right of all that it waits for. Circles are cut where they close."""
    by_name = {each.name: each for each in components}
    found: dict[str, int] = {}

    def layer(name: str, above: tuple[str, ...]) -> int:
        if name not in found:
            others = [other for other in by_name[name].waits_for if other in by_name and other not in above]
            found[name] = max(
                (layer(other, (*above, name)) + 1 for other in others if other != name), default=0
            )
        return found[name]

    for each in components:
        layer(each.name, (each.name,))
    return found


def _edges(
    components: Sequence[Component], places: Mapping[str, _Place], layers: Mapping[str, int]
) -> list[str]:
    """Lines to what each waits for directly: what that waits for itself needs none."""
    waits = {each.name: [name for name in each.waits_for if name in places] for each in components}
    lines = []
    for name, others in waits.items():
        implied = {further for other in others for further in waits[other]}
        for other in others:
            if other not in implied and layers[other] < layers[name]:
                start, end = places[other], places[name]
                x, y, to_x, to_y = start.x + WIDTH, start.y + HEIGHT // 2, end.x, end.y + HEIGHT // 2
                half = (to_x - x) // 2
                lines.append(
                    f'<path class="line" d="M{x} {y} C{x + half} {y} {to_x - half} {to_y} {to_x} {to_y}"/>'
                )
    return lines


def _box(each: Component, place: _Place) -> str:
    note = each.state if each.state != "unchanged" else each.kind
    count = f", {len(each.changes)} objects" if len(each.changes) > 1 else ""
    mark = f"{MARKS[each.state]} " if MARKS[each.state] else ""
    name = each.name if len(each.name) <= 19 else f"{each.name[:18]}…"
    return (
        f'<g class="{each.state}"><rect class="box" x="{place.x}" y="{place.y}" width="{WIDTH}" '
        f'height="{HEIGHT}" rx="8"/><text class="name" x="{place.x + 10}" y="{place.y + 19}">'
        f'{escape(mark + name)}</text><text class="note" x="{place.x + 10}" y="{place.y + 35}">'
        f"{escape(note + count)}</text></g>"
    )


def _key(states: Sequence[str], y: int) -> list[str]:
    places = [_EDGE + number * _KEY for number in range(len(states))]
    return [
        f'<g class="{state}"><rect class="box" x="{x}" y="{y}" width="20" height="16" rx="4"/>'
        f'<text class="note" x="{x + 26}" y="{y + 12}">{escape(MARKS[state])} {state}</text></g>'
        for x, state in zip(places, states, strict=True)
    ]
