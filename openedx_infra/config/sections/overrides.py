"""Overrides: patches on rendered Kubernetes objects, for everything that has no key."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from openedx_infra.config.types.base import Section, Setting
from openedx_infra.config.types.patterns import Pattern

Kind = Annotated[
    str,
    Pattern("Kubernetes kind", r"[A-Z][A-Za-z0-9]+", "it as Kubernetes spells it", "Deployment"),
]
"""A kind of Kubernetes object."""


class Override(Section):
    """A patch for one Kubernetes object, applied last. One that matches no object is an error."""

    kind: Kind
    """Kind of the object, such as `Deployment`."""
    name: str = Field(min_length=1)
    """Name of the resource, as `pulumi preview` shows it, such as `lms`."""
    patch: dict[str, Setting] = Field(min_length=1)
    """Fields to set, merged as `kubectl patch` does: maps key by key; lists whose items have a name or port
    (containers, env, volumes, ports …) item by item; everything else replaced whole. `$patch: delete` in an
    item deletes it; an item `$patch: replace` replaces its list."""
