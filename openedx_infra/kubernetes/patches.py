"""How is one object changed, where nothing else can say it?

By patches, merged into it before it is registered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pulumi
from pulumi._types import (
    input_type_to_dict,
    is_input_type,
)  # the only way to the camelCase names of typed arguments

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
    """Patches as a transformation: hand `apply` to the `transformations` of a resource, and it serves its
    children."""

    def __init__(self, patches: Sequence[Patch]) -> None:
        self._patches = patches
        self._matched: set[tuple[str, str]] = set()

    def apply(self, args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        """The resource's arguments with every patch for it merged in, or None when there is none."""
        found = _TYPE.match(args.type_)
        mine = [
            patch
            for patch in self._patches
            if found and (patch.kind, patch.name) == (found["kind"], args.name)
        ]
        if not mine:
            return None
        self._matched |= {(patch.kind, patch.name) for patch in mine}
        props = dict(args.props)
        for patch in mine:
            props = merged({key: plain(value) for key, value in props.items()}, patch.patch)
        return pulumi.ResourceTransformationResult(props=props, opts=args.opts)

    @property
    def unmatched(self) -> list[int]:
        """Indexes of the patches that no registered resource was meant by."""
        return [
            index
            for index, patch in enumerate(self._patches)
            if (patch.kind, patch.name) not in self._matched
        ]


def plain(value: Any) -> Any:
    """Typed arguments as maps with the names that Kubernetes uses; Outputs stay as they are."""
    if is_input_type(type(value)):
        return {key: plain(inner) for key, inner in input_type_to_dict(value).items()}
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def merged(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `patch` over it: maps key by key, everything else replaced whole."""
    result = dict(base)
    for key, value in patch.items():
        below = result.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[key] = merged(below, value) if both and below is not None else value
    return result
