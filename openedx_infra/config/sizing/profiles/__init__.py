"""Sizing profiles: sizes to start with, each number with its source.

A profile is a YAML file: `sizes` is what a stack file would have under `openedx:sizing`, `sources` names the
source of each workload's numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

ProfileName = Literal["tiny", "small", "medium", "large"]
"""Name of a profile."""
NAMES: tuple[str, ...] = get_args(ProfileName)
"""All profiles, the smallest first."""
DEFAULT: ProfileName = "small"
"""The profile of a stack that names none: its sizes are the defaults of the fields."""
_POOLS = ("lms_workers", "studio_workers")


@cache
def profile(name: str) -> Mapping[str, Mapping[str, Any]]:
    """A profile's file: `for`, `sizes` and `sources`."""
    text = (Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8")
    content: Mapping[str, Mapping[str, Any]] = yaml.safe_load(text)
    return content


def merged_with_profile(sizing: Mapping[str, Any]) -> dict[str, Any]:
    """The keys under `openedx:sizing`, merged into the sizes of the profile that they name.

    Maps are merged key by key, except pools of workers: pools of the stack file replace all of the profile.
    """
    name = sizing.get("profile", DEFAULT)
    sizes = profile(name)["sizes"] if name in NAMES else {}
    return {**sizes, **{key: _merged(key, sizes.get(key), value) for key, value in sizing.items()}}


def _merged(key: str, base: Any, value: Any) -> Any:
    if key in _POOLS or not isinstance(base, Mapping) or not isinstance(value, Mapping):
        return value
    # A number of pods replaces the profile's autoscaler.
    replaced = {"autoscaling"} if value.get("replicas") is not None else set()
    rest = {name: inner for name, inner in base.items() if name not in replaced}
    return {**rest, **{name: _merged(name, rest.get(name), inner) for name, inner in value.items()}}
