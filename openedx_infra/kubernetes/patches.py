"""Overrides: patches that are merged into objects before they are registered (docs/adr/0031-overrides.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pulumi

_TYPE = re.compile(r"^kubernetes:.*:(?P<kind>[A-Za-z]+)$")


class Patch(Protocol):
    """Fields to set in the object of one kind and resource name."""

    @property
    def kind(self) -> str:
        """Kind of the object, such as `Deployment`."""

    @property
    def name(self) -> str:
        """Name of the resource in Pulumi."""

    @property
    def patch(self) -> dict[str, Any]:
        """Fields to set."""


class Patches:
    """Patches as a transformation: hand `apply` to the `transformations` of a resource, and it is called for
    each of its descendants as soon as that is declared."""

    def __init__(self, patches: Sequence[Patch]) -> None:
        self._patches = patches
        self._matched: set[tuple[str, str]] = set()

    def apply(self, args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        """The resource's arguments with every patch for it merged in, or None when there is none."""
        match = _TYPE.match(args.type_)
        target = (match["kind"], args.name) if match else None
        patches = [patch.patch for patch in self._patches if (patch.kind, patch.name) == target]
        if not target or not patches:
            return None
        self._matched.add(target)
        props = dict(args.props)
        for patch in patches:
            props = merged(props, patch)
        return pulumi.ResourceTransformationResult(props=props, opts=args.opts)

    @property
    def unmatched(self) -> list[int]:
        """Indexes of the patches that matched no declared resource."""
        return [
            index
            for index, patch in enumerate(self._patches)
            if (patch.kind, patch.name) not in self._matched
        ]


def merged(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `patch` over it: maps key by key, also those in Outputs; everything else replaced whole."""
    return {**base, **{key: _over(base.get(key), value) for key, value in patch.items()}}


def _over(below: Any, value: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(below, Mapping):
        return merged(below, value)
    if isinstance(value, Mapping) and isinstance(below, pulumi.Output):
        return below.apply(lambda resolved: _over(resolved, value))
    return value
