"""Objects of the operator's own that have the name of another object of the instance."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from openedx_infra.config import Stack
from openedx_infra.config.extras.manifests import PREFIX, identity, read_objects

_TYPE = re.compile(r"^kubernetes:.*:[A-Za-z]+$")


class Names:
    """Names of all objects that a program declares, as a transformation: hand `see` to the `transformations`
    of a resource, and it is called for each of its descendants."""

    def __init__(self) -> None:
        self._taken: set[tuple[str, str, str]] = set()

    def see(self, args: pulumi.ResourceTransformationArgs) -> None:
        """Remember the object, unless it is the operator's, or Pulumi makes up its name."""
        metadata = args.props.get("metadata")
        name = metadata.get("name") if isinstance(metadata, Mapping) else None
        own = args.name.startswith(PREFIX)
        if _TYPE.match(args.type_) and not args.type_.endswith("Patch") and isinstance(name, str) and not own:
            self._taken.add(identity(args.props))

    def taken(self, stack: Stack) -> Iterator[str]:
        """One line for each object of the operator's whose name is taken, by this program or by another of
        theirs."""
        seen: dict[tuple[str, tuple[str, str, str]], str] = {}
        for name, manifests in stack.extras.manifests.items():
            for obj in read_objects(manifests):
                key, where = identity(obj), _namespace(obj, stack)
                title = f"openedx:extras.manifests.{name}: {key[1]} {key[2]}"
                if where == stack.namespace and key in self._taken:
                    text = "is an object of this program's own, which only openedx:overrides may change"
                    yield f"{title} {text}: choose another name"
                elif (where, key) in seen:
                    yield f"{title} is in `{seen[where, key]}`, too: leave one of them out"
                seen.setdefault((where, key), name)


def _namespace(obj: Mapping[str, Any], stack: Stack) -> str:
    return str(obj["metadata"].get("namespace") or stack.namespace)
