"""Components of an instance by the names that an operator types."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from fnmatch import fnmatchcase

from openedx_infra.operations.errors import OperationError

COMPONENT = "app.kubernetes.io/component"
"""Label with the name of a component: `lms`, `studio`, `lms-worker-default`, `mysql`."""
SOFTWARE = "app.kubernetes.io/name"
"""Label with the software of a pod."""
PLATFORM = "edx-platform"
"""Software of all pods that run the platform's code."""
_OTHER_NAMES = {"cms": "studio"}


def matching(name: str, components: Collection[str]) -> set[str]:
    """The components that a name means: itself, those that begin with it (`lms-worker`), or a pattern
    (`lms-*`). `cms` is Studio.

    Raises OperationError, with the names there are, when it means none.
    """
    name = _OTHER_NAMES.get(name, name)
    chosen = {each for each in components if fnmatchcase(each, name)}
    chosen = chosen or {each for each in components if each.startswith(f"{name}-")}
    if not chosen:
        near = get_close_matches(name, sorted(components), n=1)
        listed = ", ".join(sorted(components)) or "none: `openedx-infra up` makes them"
        raise OperationError(
            f"There is no component {name}.",
            remedy=f"{f'did you mean {near[0]}? ' if near else ''}there are {listed}",
        )
    return chosen
