"""Dockerfiles with the fragments that an instance adds to them.

A Dockerfile of ours says where instructions may be added: `# fragment: NAME` on a line of its own. The text
of a fragment takes that line's place, in the stage that the line is in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

IMAGES = Path(__file__).resolve().parents[2] / "images"
"""The build contexts: a folder for each image."""

_POINT = re.compile(r"^# fragment: (?P<name>[a-z0-9-]+)$", re.MULTILINE)
_LEAVES_STAGE = re.compile(r"^\s*FROM\s", re.IGNORECASE | re.MULTILINE)


class FragmentError(ValueError):
    """Fragments that don't fit their Dockerfile; the message names each, the rule and the choice."""


def context(name: str) -> Path:
    """The build context of an image (`openedx`, `mfe`, `theme`)."""
    return IMAGES / name


def dockerfile(name: str, fragments: Mapping[str, str] | None = None) -> str:
    """The text of an image's Dockerfile, with fragments by the names of their points.

    Raises FragmentError for a point that isn't there and for a fragment that begins a stage.
    """
    text = (context(name) / "Dockerfile").read_text(encoding="utf-8")
    return with_fragments(text, fragments or {})


def with_fragments(text: str, fragments: Mapping[str, str]) -> str:
    """Put fragments at the points of a Dockerfile; see `dockerfile`."""
    there = points(text)
    faults = [f"{name}: there is no such point" for name in fragments if name not in there]
    faults += [
        f"{name}: FROM begins another stage; a fragment adds to the stage of its point"
        for name, fragment in fragments.items()
        if _LEAVES_STAGE.search(fragment)
    ]
    if faults:
        raise FragmentError("\n".join([*faults, f"Points: {', '.join(there)}."]))
    return _POINT.sub(lambda match: fragments.get(match["name"], match[0]).strip("\n"), text)


def points(text: str) -> list[str]:
    """Names of the points of a Dockerfile, in their order."""
    return [match["name"] for match in _POINT.finditer(text)]
