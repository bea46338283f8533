"""Of the versions of a stack: the one that visitors reach, and the one whose migrations came last."""

from __future__ import annotations

from openedx_infra.config.stack import Stack
from openedx_infra.releases import RELEASES


def live_version(stack: Stack) -> Stack:
    """The version that visitors reach: blue or green, or the only one. Verbs ask the platform in its pods."""
    return next(version for version in stack.versions if version.serves)


def newest_version(stack: Stack) -> Stack:
    """The version of the newest release, whose migrations the databases have; blue where both are of one."""
    return max(stack.versions, key=lambda version: list(RELEASES).index(version.release))
