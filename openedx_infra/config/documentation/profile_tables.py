"""Tables of the sizing profiles and their sources, generated from the profiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from openedx_infra.config.sizing.profiles import NAMES, profile
from openedx_infra.config.sizing.sizing import Sizing

_HEAD = """\
<!-- Made by `make docs` from openedx_infra/config/sizing/profiles. Change it there. -->
# Profiles

The sizes that `openedx:sizing.profile` sets, below everything else under `openedx:sizing`. Each field can be
overridden; pools of workers replace all pools of the profile. How to choose one, and how to grow:
[scaling](../scaling.md). The sources tell which numbers were measured, and who runs with the others.
"""


def profiles_markdown() -> str:
    """All profiles, as Markdown."""
    return _HEAD + "".join("\n" + "\n".join(_profile(name)) + "\n" for name in NAMES)


def _profile(name: str) -> Iterator[str]:
    content = profile(name)
    yield f"## {name}"
    yield ""
    yield str(content["for"])
    yield ""
    yield "| workload | size | source |"
    yield "|---|---|---|"
    sizes = content["sizes"] or _defaults()
    for workload, size in sizes.items():
        source = content["sources"].get(workload, "A guess.")
        yield f"| `{workload}` | {_yaml(size)} | {source} |"


def _defaults() -> Mapping[str, Any]:
    """Sizes of workloads that a profile leaves out."""
    return Sizing().model_dump(
        mode="json", exclude={"profile", "priority_classes"}, exclude_defaults=False, exclude_none=True
    )


def _yaml(size: Any) -> str:
    text = yaml.safe_dump(size, default_flow_style=True, width=10**6, sort_keys=False)
    return f"`{text.strip()}`"
