"""Plugins that the platform's image must have for what a stack file asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.images.builds import OpenedxBuild
from openedx_infra.config.stack import Stack


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """Sinks of events whose plugin the image can't have. What is in an image of others' is not known."""
    image, where = stack.images.openedx, ("images", "openedx")
    for package, key in stack.event_sinks.plugins.items():
        if image is None:
            text = (
                f"needs the package {package}, which the release's image hasn't got: build one with it "
                "(`openedx:images.openedx` with `requirements`), or name one that has it"
            )
            yield Conflict(("event_sinks", key), text, (where,))
        elif isinstance(image, OpenedxBuild) and not image.packages and not _has(image, package):
            text = f"needs the package {package}: add it to `openedx:images.openedx.requirements`"
            yield Conflict(("event_sinks", key), text, ((*where, "requirements"),))


def _has(image: OpenedxBuild, package: str) -> bool:
    """Whether a package is among the requirements, by whichever of its spellings (PEP 503)."""
    names = [re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in image.requirements]
    return _normal(package) in {_normal(name.group()) for name in names if name}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
