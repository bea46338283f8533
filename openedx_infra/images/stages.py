"""The stage of a Dockerfile in which a build failed before BuildKit named any step."""

from __future__ import annotations

import re

_FROM = re.compile(r"^FROM\s+(?P<image>\S+)(?:\s+AS\s+(?P<stage>\S+))?", re.IGNORECASE)
_FETCH = re.compile(r"^ADD\s+(?P<repository>\S+)#(?P<ref>\S+)\s")


def fetching(dockerfile: str, cause: str) -> tuple[str, str] | None:
    """Stage and instruction that fetch what a failure's cause is about, or None when none fits.

    That is the ADD of a repository, or the FROM of an image, whose address the cause has; or else the only
    ADD of a repository that build arguments name.
    """
    places = _places(dockerfile)
    for stage, instruction, address in places:
        if "$" not in address and address != "scratch" and address in cause:
            return stage, instruction
    repositories = [
        (stage, line) for stage, line, address in places if line.startswith("ADD") and "$" in address
    ]
    return repositories[0] if len(repositories) == 1 and "metadata" not in cause else None


def _places(dockerfile: str) -> list[tuple[str, str, str]]:
    """Instructions that fetch: each with its stage, its text, and the address of what it fetches."""
    places: list[tuple[str, str, str]] = []
    stage = ""
    for line in dockerfile.splitlines():
        begin, fetch = _FROM.match(line), _FETCH.match(line)
        if begin is not None:
            stage = begin["stage"] or begin["image"]
            places.append((stage, line, begin["image"]))
        elif fetch is not None:
            places.append((stage, line, fetch["repository"]))
    return places
