"""Which sizes are there to begin with? The profiles: data, each number with its source.

A profile is a file of YAML: `sizes` is what a stack file would say under `openedx:sizing`, `sources` says
where the numbers of each workload are from.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

ProfileName = Literal["small", "medium", "large"]
"""Name of a profile."""
NAMES: tuple[str, ...] = get_args(ProfileName)
"""All profiles, the smallest first."""
_POOLS = ("lms_workers", "studio_workers")


@cache
def profile(name: str) -> Mapping[str, Mapping[str, Any]]:
    """A profile as its file says it, by `for`, `sizes` and `sources`."""
    text = (Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load(text)
    return found


def laid_over(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said under `openedx:sizing`, over the sizes of the profile that it names.

    Maps are laid over each other key by key, but pools of workers: those that are said are all there are.
    """
    name = said.get("profile", NAMES[0])
    sizes = profile(name)["sizes"] if name in NAMES else {}
    return {**sizes, **{key: _over(key, sizes.get(key), value) for key, value in said.items()}}


def _over(key: str, below: Any, said: Any) -> Any:
    if key in _POOLS or not isinstance(below, Mapping) or not isinstance(said, Mapping):
        return said
    # Whoever says a number of pods wants no autoscaler to choose another.
    dropped = {"autoscaling"} if said.get("replicas") is not None else set()
    kept = {name: value for name, value in below.items() if name not in dropped}
    return {**kept, **{name: _over(name, kept.get(name), value) for name, value in said.items()}}
