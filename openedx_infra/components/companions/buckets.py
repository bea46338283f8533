"""Buckets of a companion service: volumes of its own, or buckets on the instance's object storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from openedx_infra.components.edx_platform.platform_pod import SHARED
from openedx_infra.components.instance import Instance
from openedx_infra.components.users import VOLUME_USER
from openedx_infra.config.datastores.storage import StorageS3, StorageVolumes
from openedx_infra.config.services.buckets import bucket_name, kind
from openedx_infra.kubernetes import volumes
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.services.of_stack import Companion


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Where a service keeps files, and what its pods need for it."""

    names: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Names of its buckets by what they are for. Empty: files lie on volumes."""
    mounts: Sequence[Mount] = ()
    """Its volumes."""
    user: int | None = None
    """Who runs its pods. None: the service's own user."""
    beside: Mapping[str, str] | None = None
    """Labels of the pods on whose node they must be."""
    service_account: pulumi.Input[str] | None = None
    """Service account of its pods. None: the default one, as they have no role of AWS."""
    ready: Sequence[pulumi.Resource] = ()
    """What must be ready before its pods start."""


def stored(companion: Companion, instance: Instance, parent: pulumi.Resource, *, running: bool) -> Stored:
    """Registers what holds its files: it stays while the service is off. `running`: whether it is on, so that
    its pods log in."""
    buckets, storage = companion.service.buckets, instance.stack.datastores.storage
    if not buckets:
        return Stored()
    if isinstance(storage, StorageVolumes):
        return _on_volumes(companion, storage, instance, parent)
    if isinstance(storage, StorageS3):
        from openedx_infra.components.datastores.aws import service_files

        made = service_files.buckets(companion.name, buckets, instance, storage, parent, running=running)
        return Stored(names=made.names, service_account=made.service_account, ready=made.ready)
    return Stored(names={each.name: bucket_name(instance.stack, companion.name, each) for each in buckets})


def _on_volumes(
    companion: Companion, storage: StorageVolumes, instance: Instance, parent: pulumi.Resource
) -> Stored:
    """A volume for each. Files there belong to the user who writes the platform's, so that backups can put
    them back."""
    mounts = []
    for bucket in companion.service.buckets:
        name = kind(companion.name, bucket)
        claim = volumes.claim(
            name,
            instance.scope,
            bucket.size,
            instance.data(parent),
            storage_class=instance.stack.cluster.storage_class,
            access_mode=storage.access_mode,
        )
        mounts.append(volumes.claimed(name, bucket.folder, claim))
    one_node = storage.access_mode == "ReadWriteOnce"
    return Stored(mounts=mounts, user=VOLUME_USER, beside=SHARED if one_node else None)
