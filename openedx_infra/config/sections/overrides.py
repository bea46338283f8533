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
    """Fields to set, merged into the object: maps key by key, everything else replaced whole."""
