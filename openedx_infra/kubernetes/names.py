"""Names and labels of objects, and the namespace that they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from openedx_infra.kubernetes.models import ObjectMetaArgs

NAME = "app.kubernetes.io/name"
INSTANCE = "app.kubernetes.io/instance"
COMPONENT = "app.kubernetes.io/component"

RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
"""Labels of a namespace whose pods meet the strictest of the Pod Security Standards."""

PRIVILEGED = {
    "pod-security.kubernetes.io/enforce": "privileged",
    "pod-security.kubernetes.io/audit": "restricted",
}
"""Labels of a namespace whose pods mount folders of their node, which the other standards refuse whatever
else they do. The audit log still has what is more than `restricted`."""

NO_WAIT = {"pulumi.com/skipAwait": "true"}
"""Annotation of objects whose readiness others report: a Service would wait for pods that a failed Job
prevents."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Where objects live and what they have in common: everything that one instance puts into its
    namespace."""

    namespace: pulumi.Input[str]
    """Namespace of all objects."""
    instance: str
    """Name of the instance."""
    part_of: str
    """Name of the larger application that all objects are part of."""
    priority_classes: Mapping[str, str] = field(default_factory=dict)
    """PriorityClasses of the cluster by what pods are: `data`, `web`, `workers`, `jobs`. Others have none."""
    exception: str = ""
    """Annotation by which an object gives the reason for what it needs beyond others. Empty: none does."""
    assigned_users: bool = False
    """Whether the cluster decides as which users and groups pods run, so that they name none."""

    def labels(self, component: str, software: str | None = None) -> dict[str, str]:
        """Labels of the objects of a component. `software` is what runs in it; by default the same word."""
        return {
            NAME: software or component,
            INSTANCE: self.instance,
            COMPONENT: component,
            "app.kubernetes.io/part-of": self.part_of,
            "app.kubernetes.io/managed-by": "pulumi",
        }

    def selector(self, component: str) -> dict[str, str]:
        """Labels that the pods of a component have, and no others'.

        Never change them: selectors are immutable.
        """
        return {INSTANCE: self.instance, COMPONENT: component}

    def metadata(
        self,
        component: str,
        *,
        name: str | None = None,
        software: str | None = None,
        annotations: Mapping[str, pulumi.Input[str]] | None = None,
    ) -> ObjectMetaArgs:
        """Metadata of an object of a component. Without `name`, Pulumi finds a unique one."""
        return ObjectMetaArgs(
            name=name,
            namespace=self.namespace,
            labels=self.labels(component, software),
            annotations=dict(annotations) if annotations else None,
        )
