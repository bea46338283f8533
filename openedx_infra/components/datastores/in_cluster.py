"""Datastores in the cluster: services with their logins, and volumes of uploaded files."""

from __future__ import annotations

from typing import Any

import pulumi

from openedx_infra.components.datastores.store import Administrator, FileStore, Reach, Store
from openedx_infra.components.instance import Instance
from openedx_infra.components.services import run
from openedx_infra.components.users import VOLUME_USER
from openedx_infra.config.datastores.storage import StorageVolumes
from openedx_infra.kubernetes import volumes
from openedx_infra.kubernetes.models import PersistentVolumeClaim
from openedx_infra.services.service import Connection, DatastoreService
from openedx_infra.settings import connections, paths


def store(
    service: DatastoreService[Connection], instance: Instance, parent: pulumi.Resource
) -> Store[Connection]:
    """Runs a service that is a datastore, or the way that mail goes."""
    ready = run(service, instance, parent)
    return Store(
        connection=service.connection,
        reach=Reach.software(service.label, service.port),
        ready=[ready] if service.awaited else [],
        administrator=_administrator(service, instance),
        externally_managed=False,
    )


def _administrator(service: DatastoreService[Any], instance: Instance) -> Administrator | None:
    if service.administrator is None:
        return None
    secret = service.administrator_secret
    return Administrator(
        user=service.administrator,
        password=instance.secrets[secret],
        previous=instance.secrets.get(f"{secret}_previous"),
    )


def buckets(
    service: DatastoreService[connections.Buckets], instance: Instance, parent: pulumi.Resource
) -> FileStore:
    """Runs a service that keeps uploaded files."""
    server = store(service, instance, parent)
    return FileStore(
        connection=server.connection,
        reach=server.reach,
        ready=server.ready,
        administrator=server.administrator,
        externally_managed=False,
    )


def shared_volumes(instance: Instance, config: StorageVolumes, parent: pulumi.Resource) -> FileStore:
    """One volume of public files, and one of those that need a permission."""
    media = _claim("media", config.media, instance, config, parent)
    private = _claim("private", config.private, instance, config, parent)
    return FileStore(
        connection=connections.Volumes(),
        reach=Reach(ports=()),
        mounts=[
            volumes.claimed("media", paths.MEDIA_DIR, media),
            volumes.claimed("private", paths.PRIVATE_DIR, private),
        ],
        one_node=config.access_mode == "ReadWriteOnce",
        user=VOLUME_USER,
        externally_managed=False,
    )


def _claim(
    name: str, size: str, instance: Instance, config: StorageVolumes, parent: pulumi.Resource
) -> PersistentVolumeClaim:
    return volumes.claim(
        name,
        instance.scope,
        size,
        instance.data(parent),
        storage_class=instance.stack.cluster.storage_class,
        access_mode=config.access_mode,
    )
