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


MERGE_KEYS: Mapping[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "ports": ("containerPort", "port"),
    "imagePullSecrets": ("name",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey",),
}
"""What tells the items of a list apart, by the list's name: `patchMergeKey` of Kubernetes' API, by which
`kubectl patch` merges. Lists that aren't here have none."""

DIRECTIVE = "$patch"
"""Key by which a patch deletes an item (`$patch: delete`) or replaces a list (`- $patch: replace`)."""


def merged(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `patch` over it, as `kubectl patch` merges: maps key by key, lists whose items have a merge
    key item by item, everything else replaced whole; also what is in Outputs."""
    return {**base, **{key: _over(key, base.get(key), value) for key, value in patch.items()}}


def merge_key(name: str, item: Any) -> str | None:
    """The key that tells an item of the list `name` apart; None when it has none."""
    if not isinstance(item, Mapping):
        return None
    return next((key for key in MERGE_KEYS.get(name, ()) if key in item), None)


def _over(name: str, below: Any, value: Any) -> Any:
    if isinstance(below, pulumi.Output) and isinstance(value, Mapping | list | tuple):
        return below.apply(lambda resolved: _over(name, resolved, value))
    if isinstance(value, Mapping) and isinstance(below, Mapping):
        return merged(below, value)
    if isinstance(value, list | tuple) and isinstance(below, list | tuple) and name in MERGE_KEYS:
        return _items(name, below, value)
    return value


def _items(name: str, below: Sequence[Any], patch: Sequence[Any]) -> list[Any]:
    """A list with the items of a patch merged into it; new ones are added at its end."""
    if {DIRECTIVE: "replace"} in patch:
        return [item for item in patch if item != {DIRECTIVE: "replace"}]
    items = list(below)
    for item in patch:
        key = merge_key(name, item)
        same = [index for index, old in enumerate(items) if key and _plain(old).get(key) == item[key]]
        if isinstance(item, Mapping) and item.get(DIRECTIVE) == "delete":
            items = [old for index, old in enumerate(items) if index not in same]
        elif same:
            items[same[0]] = merged(_plain(items[same[0]]), item)
        elif item not in items:
            items.append(item)
    return items


def _plain(item: Any) -> Mapping[str, Any]:
    return item if isinstance(item, Mapping) else {}
