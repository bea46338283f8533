"""Uploaded files, as pods of backups mount them: on their volumes, or as a copy of what is in buckets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from openedx_infra.components.backups.service_files import ServiceFiles
from openedx_infra.components.datastores.store import FileStore
from openedx_infra.components.instance import Instance
from openedx_infra.components.users import USER
from openedx_infra.config.datastores.storage import StorageVolumes
from openedx_infra.config.sections.backups import Backups
from openedx_infra.kubernetes import volumes
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings.backups import SCRATCH
from openedx_infra.settings.connections import Buckets, Purpose, Volumes

FILES_DIR = "/backup/files"
IN_BUCKETS: tuple[Purpose, ...] = ("public", "private", "grades", "ora")
"""Buckets that are kept: not course exports, which anybody can make again."""
ON_VOLUMES = ("media", "private")


@dataclass(frozen=True, kw_only=True)
class Uploads:
    """Uploaded files, as a pod mounts them."""

    mounts: Sequence[Mount] = ()
    """Where they are, or a copy of them."""
    kinds: Sequence[str] = ()
    """Folders in FILES_DIR. None: files are not backed up."""
    of_services: Sequence[str] = ()
    """Those of them that companion services have: older backups may lack them."""
    in_buckets: bool = False
    """Whether they are copies of what is in buckets."""
    buckets: pulumi.Input[str] = ""
    """Buckets by kind, as `public=name private=name`."""
    user: int = USER
    one_node: bool = False
    """Whether pods that mount them must be on one node."""


def uploads(
    instance: Instance,
    config: Backups,
    store: FileStore,
    parent: pulumi.Resource,
    services: Sequence[ServiceFiles] = (),
) -> Uploads:
    """Uploaded files: on their volumes, or as a copy of what is in buckets, on a volume that stays.
    `services`: those of companion services."""
    if not config.files:
        return Uploads()
    kinds = [each.kind for each in services]
    if isinstance(instance.stack.datastores.storage, StorageVolumes):
        shown = [*store.mounts, *(each.mount for each in services if each.mount)]
        mounts = [Mount(path=f"{FILES_DIR}/{mount.volume.name}", volume=mount.volume) for mount in shown]
        return Uploads(
            mounts=mounts,
            kinds=[*ON_VOLUMES, *kinds],
            of_services=kinds,
            user=store.user,
            one_node=store.one_node,
        )
    copy = volumes.claim(
        "backup-files",
        instance.scope,
        config.copy_size,
        pulumi.ResourceOptions(parent=parent),
        storage_class=instance.stack.cluster.storage_class,
        annotations={SCRATCH: "a copy of what is in the buckets of uploaded files"},
    )
    storage: pulumi.Output[Volumes | Buckets] = pulumi.Output.from_input(store.connection)
    own = [pulumi.Output.concat(each.kind, "=", each.bucket) for each in services if each.bucket is not None]
    names = pulumi.Output.all(storage.apply(_bucket_names), *own).apply(" ".join)
    return Uploads(
        mounts=[volumes.claimed("files", FILES_DIR, copy)],
        kinds=[*IN_BUCKETS, *kinds],
        of_services=kinds,
        in_buckets=True,
        buckets=names,
    )


def _bucket_names(storage: Volumes | Buckets) -> str:
    names = {} if isinstance(storage, Volumes) else storage.names
    return " ".join(f"{kind}={names[kind]}" for kind in IN_BUCKETS if kind in names)
