"""Objects in a stack's namespaces that neither the stack made nor anything that it made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from openedx_infra.operations.cluster import operator_status
from openedx_infra.operations.cluster.run_job import MADE_BY
from openedx_infra.operations.drift.expected import Expected
from openedx_infra.operations.drift.reader import Kind, Object

KINDS = (
    ("v1", "ConfigMap"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "Pod"),
    ("v1", "Secret"),
    ("v1", "Service"),
    ("v1", "ServiceAccount"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("batch/v1", "CronJob"),
    ("batch/v1", "Job"),
    ("networking.k8s.io/v1", "Ingress"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("policy/v1", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
)
"""Kinds that are looked through, besides those that the stack has."""

_OF_CLUSTER = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")}
"""What Kubernetes puts into every namespace."""

_HELM = "sh.helm.release."
"""How the Secrets are named in which Helm keeps its releases."""

_CERTIFICATE = "cert-manager.io/certificate-name"
"""Annotation of Secrets that cert-manager writes."""


def kinds_of(objects: Iterable[Expected], namespaces: Iterable[str]) -> list[Kind]:
    """What to list to find strangers in these namespaces."""
    usual = (Kind(version, kind, each) for each in namespaces for version, kind in KINDS)
    theirs = (each.where for each in objects if each.namespace in set(namespaces))
    return sorted({*usual, *theirs})


def strangers(
    objects: Sequence[Expected], live: Mapping[Kind, Mapping[str, Object] | None]
) -> Iterator[tuple[Kind, str]]:
    """Kind and name of each object that is not of the stack.

    Left out is what another object owns, what Kubernetes, Helm and cert-manager put there, what commands of
    this program make and clear away, and what has the name of a custom resource of the stack in a label, as
    operators mark their objects.
    """
    ours = {(each.where, each.name) for each in objects}
    served = {each.name for each in objects if each.kind in operator_status.NAMES}
    for kind, items in sorted(live.items()):
        for name, item in sorted((items or {}).items()):
            if (kind, name) not in ours and not _is_accounted_for(kind, name, item["metadata"], served):
                yield kind, name


def _is_accounted_for(kind: Kind, name: str, meta: Mapping[str, object], served: set[str]) -> bool:
    labels, annotations = meta.get("labels"), meta.get("annotations")
    marks = annotations if isinstance(annotations, Mapping) else {}
    values = set(labels.values()) if isinstance(labels, Mapping) else set()
    return bool(
        meta.get("ownerReferences")
        or meta.get("deletionTimestamp")
        or (kind.kind, name) in _OF_CLUSTER
        or name.startswith(_HELM)
        or _CERTIFICATE in marks
        or MADE_BY.items() <= marks.items()
        or values & served
    )
