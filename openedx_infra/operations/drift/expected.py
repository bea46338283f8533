"""The Kubernetes objects that Pulumi's state holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openedx_infra.operations.cluster import operator_status
from openedx_infra.operations.drift.reader import Kind
from openedx_infra.operations.urn import Urn

_PATCH = "Patch"
"""How kinds of resources end that set some fields of an object of another resource."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """An object that the stack created."""

    urn: Urn
    api_version: str
    kind: str
    namespace: str
    """Empty for an object of the whole cluster."""
    name: str
    """Its name in the cluster."""
    inputs: Mapping[str, Any]
    """What the program declared; secrets are encrypted."""
    recorded: Mapping[str, Any]
    """The whole object as the API server returned it when Pulumi last wrote or read it."""
    protected: bool = False
    is_patch: bool = False
    """Whether it only sets fields of an object that another resource creates."""

    @property
    def where(self) -> Kind:
        """Its kind, in its namespace."""
        return Kind(self.api_version, self.kind, self.namespace)

    @property
    def holds_data(self) -> bool:
        """Whether data is lost with it."""
        return self.protected or self.kind in ("PersistentVolumeClaim", *operator_status.NAMES)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def expected(state: Mapping[str, Any]) -> list[Expected]:
    """The objects that should be in the cluster, by an exported state.

    Left out are those that Pulumi is about to delete, such as the former one of a replaced object.
    """
    resources = (state.get("deployment") or {}).get("resources") or ()
    return [each for resource in resources for each in _object(resource)]


def _object(resource: Mapping[str, Any]) -> Iterator[Expected]:
    inputs = resource.get("inputs") or {}
    kind, api_version = inputs.get("kind"), inputs.get("apiVersion")
    is_object = resource["type"].startswith("kubernetes:") and resource.get("custom") and resource.get("id")
    if (
        not is_object
        or resource.get("delete")
        or not (isinstance(kind, str) and isinstance(api_version, str))
    ):
        return
    namespace, _, name = resource["id"].rpartition("/")
    yield Expected(
        urn=Urn(resource["urn"]),
        api_version=api_version,
        kind=kind,
        namespace=namespace,
        name=name,
        inputs=inputs,
        recorded=resource.get("outputs") or {},
        protected=bool(resource.get("protect")),
        is_patch=resource["type"].endswith(_PATCH),
    )
