"""Custom resources that ask an operator for a server, and wait until it is ready."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from openedx_infra.components.instance import Instance
from openedx_infra.kubernetes.models import CustomResource
from openedx_infra.kubernetes.placement import HOSTNAME
from openedx_infra.kubernetes.pod import Size, container_security, pod_security, resources
from openedx_infra.releases import ImageName

PATIENCE_SECONDS = 1800
"""Seconds until a server that is not ready has failed (a guess): a member clones all data of another, and
members start one by one. An annotation, so that `overrides` can set another."""
WAIT_FOR, TIMEOUT = "pulumi.com/waitFor", "pulumi.com/timeoutSeconds"
"""Annotations by which Pulumi's provider is told what to wait for, and how long."""
DISK_LIMIT = "3Gi"
"""Disk of the node above which a member is evicted: logs and temporary files, as volumes don't count."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of custom resource."""

    api_version: str
    name: str
    """The kind itself, such as `PerconaServerMySQL`."""


def server(
    name: str,
    kind: Kind,
    instance: Instance,
    spec: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
    *,
    ready: Sequence[str],
) -> CustomResource:
    """A server by an operator.

    It is there when all of `ready` hold: paths in its status with the value to wait for, such as
    `{.status.state}=ready`; without a value it is enough that there is one. Pulumi's provider waits for
    them after it made the resource and after it changed it, PATIENCE_SECONDS at most.
    """
    annotations = {
        WAIT_FOR: json.dumps([f"jsonpath={path}" for path in ready]),
        TIMEOUT: str(PATIENCE_SECONDS),
    }
    return CustomResource(
        name,
        api_version=kind.api_version,
        kind=kind.name,
        metadata=instance.scope.metadata(name, name=name, annotations=annotations),
        spec=dict(spec),
        opts=opts,
    )


def container(instance: Instance, image: ImageName, size: Size) -> dict[str, Any]:
    """Image and size of a container, in the words that all operators share."""
    used = instance.image(image)
    logins = [{"name": name} for name in used.pull_secrets]
    return {
        "image": used.reference,
        "imagePullPolicy": used.pull_policy,
        "resources": resources(size, DISK_LIMIT),
        **({"imagePullSecrets": logins} if logins else {}),
    }


def restricted(instance: Instance, user: int) -> tuple[Any, Any]:
    """Security contexts of pod and container that the Pod Security Standard `restricted` admits.

    Their root filesystem stays writable: images of operators write to it.
    """
    assigned = instance.scope.assigned_users
    return (
        pod_security(user, user, assigned=assigned),
        container_security(user=None if assigned else user, writable=True),
    )


def claim(instance: Instance, size: str) -> dict[str, Any]:
    """What each member's volume shall be."""
    storage_class = instance.stack.cluster.storage_class
    return {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": size}},
        **({"storageClassName": storage_class} if storage_class else {}),
    }


def percona(instance: Instance, user: int, members: int, grace: str, grace_seconds: int) -> dict[str, Any]:
    """What Percona's operators take alike of members and proxies: restricted pods, one on each node, moved
    one at a time. `grace` is the key of the seconds in which one leaves."""
    pod, processes = restricted(instance, user)
    return {
        "size": members,
        "podSecurityContext": pod,
        "containerSecurityContext": processes,
        "affinity": {"antiAffinityTopologyKey": HOSTNAME},
        "podDisruptionBudget": {"maxUnavailable": 1},
        grace: grace_seconds,
    }


def apart(labels: Mapping[str, str]) -> dict[str, Any]:
    """Affinity of pods with these labels: never two of them on one node."""
    term = {"topologyKey": HOSTNAME, "labelSelector": {"matchLabels": dict(labels)}}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def after(opts: pulumi.ResourceOptions, *first: pulumi.Resource) -> pulumi.ResourceOptions:
    """The same options, for what comes after others."""
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(first)))
