"""How does the instance keep uploaded files itself? On two volumes that all pods of the platform mount."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.core.v1 import PersistentVolumeClaim

from openedx_infra.components.datastores.store import FileStore, Reach
from openedx_infra.components.instance import Instance
from openedx_infra.components.users import VOLUME_USER
from openedx_infra.config.datastores.storage import StorageVolumes
from openedx_infra.kubernetes import volumes
from openedx_infra.settings import connections, paths


def shared_volumes(instance: Instance, said: StorageVolumes, parent: pulumi.Resource) -> FileStore:
    """One volume of public files, and one of those that need a permission."""
    media = _claim("media", said.media, instance, said, parent)
    private = _claim("private", said.private, instance, said, parent)
    return FileStore(
        connection=connections.Volumes(),
        reach=Reach(ports=()),
        mounts=[
            volumes.claimed("media", paths.MEDIA_DIR, media),
            volumes.claimed("private", paths.PRIVATE_DIR, private),
        ],
        one_node=said.access_mode == "ReadWriteOnce",
        user=VOLUME_USER,
        foreign=False,
    )


def _claim(
    name: str, size: str, instance: Instance, said: StorageVolumes, parent: pulumi.Resource
) -> PersistentVolumeClaim:
    return volumes.claim(
        name,
        instance.scope,
        size,
        instance.data(parent),
        storage_class=instance.stack.cluster.storage_class,
        access_mode=said.access_mode,
    )
