"""What does each profile of sizes say, and whence? Tables for people, made from the profiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from openedx_infra.config.sizing.profiles import NAMES, profile
from openedx_infra.config.sizing.sizing import Sizing

_HEAD = """\
<!-- Made by `make docs` from openedx_infra/config/profiles. Change it there. -->
# Profiles

What `openedx:sizing.profile` lays below everything else that `openedx:sizing` says. Each field can be said
otherwise; pools of workers that are said replace all pools of a profile. How to choose, and how to go on:
[scaling](../scaling.md). None of the numbers has been measured here: the sources say who runs with them.
"""


def profiles_markdown() -> str:
    """All profiles, as Markdown."""
    return _HEAD + "".join("\n" + "\n".join(_profile(name)) + "\n" for name in NAMES)


def _profile(name: str) -> Iterator[str]:
    known = profile(name)
    yield f"## {name}"
    yield ""
    yield str(known["for"])
    yield ""
    yield "| workload | size | source |"
    yield "|---|---|---|"
    sizes = known["sizes"] or _defaults()
    for workload, size in sizes.items():
        source = known["sources"].get(workload, "A guess.")
        yield f"| `{workload}` | {_said(size)} | {source} |"


def _defaults() -> Mapping[str, Any]:
    """What holds where a profile says nothing."""
    return Sizing().model_dump(
        mode="json", exclude={"profile", "priority_classes"}, exclude_defaults=False, exclude_none=True
    )


def _said(size: Any) -> str:
    text = yaml.safe_dump(size, default_flow_style=True, width=10**6, sort_keys=False)
    return f"`{text.strip()}`"
