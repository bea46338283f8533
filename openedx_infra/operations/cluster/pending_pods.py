"""The pods that Pulumi waits for: those of the newest revision of each workload that it creates or updates.

Why one of them is not ready: `stuck_pods`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openedx_infra.operations.cluster.health import is_named
from openedx_infra.operations.urn import Urn

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.models.core_v1 import Pod

KINDS = ("Deployment", "StatefulSet", "Job")
"""Workloads whose pods are looked at."""

_REVISION = "deployment.kubernetes.io/revision"


@dataclass(frozen=True, kw_only=True)
class PendingPod:
    """A pod that Pulumi waits for."""

    urn: Urn
    """Its workload."""
    pod: Pod


@dataclass(frozen=True, kw_only=True)
class _Owner:
    """The owner and the labels by which pods of a workload's newest revision are recognised."""

    urn: Urn
    uid: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def has(self, pod: Pod) -> bool:
        meta = pod.metadata
        if meta is None or meta.deletionTimestamp:
            return False
        owned = any(each.uid == self.uid for each in meta.ownerReferences or ())
        return owned and self.labels.items() <= (meta.labels or {}).items()


def pending_pods(client: Client, urns: Iterable[Urn]) -> list[PendingPod]:
    """The pods of these workloads in the client's namespace; pods that are being deleted are left out.

    A workload whose change the cluster has not observed yet has none: its pods are those of the old revision.
    """
    from lightkube.resources.core_v1 import Pod

    owners = [owner for urn in urns for owner in _owners(client, urn)]
    if not owners:
        return []
    pods = list(client.list(Pod))
    return [PendingPod(urn=owner.urn, pod=pod) for owner in owners for pod in pods if owner.has(pod)]


def _owners(client: Client, urn: Urn) -> Iterator[_Owner]:
    from lightkube.resources.apps_v1 import Deployment, ReplicaSet, StatefulSet
    from lightkube.resources.batch_v1 import Job

    if urn.kind == "Deployment":
        for deployment in filter(_is_observed, _named(client, Deployment, urn.name)):
            wanted = (deployment.metadata.annotations or {}).get(_REVISION)
            for replica_set in client.list(ReplicaSet):
                meta = replica_set.metadata
                owned = meta and any(o.uid == deployment.metadata.uid for o in meta.ownerReferences or ())
                if meta and owned and (meta.annotations or {}).get(_REVISION) == wanted:
                    yield _Owner(urn=urn, uid=meta.uid or "")
    elif urn.kind == "StatefulSet":
        for stateful_set in filter(_is_observed, _named(client, StatefulSet, urn.name)):
            labels = {"controller-revision-hash": stateful_set.status.updateRevision}
            yield _Owner(urn=urn, uid=stateful_set.metadata.uid, labels=labels)
    elif jobs := _named(client, Job, urn.name):
        newest = max(jobs, key=lambda job: job.metadata.creationTimestamp)
        yield _Owner(urn=urn, uid=newest.metadata.uid)


def _named(client: Client, kind: type[Any], name: str) -> list[Any]:
    return [item for item in client.list(kind) if is_named(item.metadata.name, name)]


def _is_observed(workload: Any) -> bool:
    status = workload.status
    return bool(status) and (status.observedGeneration or 0) >= workload.metadata.generation
