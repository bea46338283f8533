"""How does the instance run MongoDB itself?"""

from __future__ import annotations

import pulumi

from openedx_infra.components.datastores.in_cluster.first_start import first_start
from openedx_infra.components.datastores.store import Administrator, Reach, Store
from openedx_infra.components.instance import Instance
from openedx_infra.config.datastores.mongodb import MongodbInCluster
from openedx_infra.config.types.base import memory_bytes
from openedx_infra.kubernetes import files, probes, volumes, workload
from openedx_infra.kubernetes.pod import Container, Pod
from openedx_infra.settings import connections
from openedx_infra.settings.connections import Endpoint

PORT = 27017
USER = 999
"""The user `mongodb` of the official image."""
DATA = "/data/db"
SECRETS = "/run/secrets/mongodb"
LEAST_CACHE = 0.25
"""Gigabytes below which WiredTiger refuses to start."""


def mongodb(
    instance: Instance, said: MongodbInCluster, parent: pulumi.Resource
) -> Store[connections.Mongodb]:
    """A MongoDB server that wants a login, with a volume of its own.

    While it initialises itself it listens on localhost only, so it is ready by TCP when it really serves.
    """
    stack, scope = instance.stack, instance.scope
    claim = volumes.claim(
        "mongodb",
        scope,
        said.storage,
        instance.data(parent),
        storage_class=stack.cluster.storage_class,
    )
    root = files.secret(
        "mongodb-root",
        scope,
        {"password": instance.secrets["mongodb_root_password"]},
        pulumi.ResourceOptions(parent=parent),
    )
    memory = memory_bytes(stack.sizing.mongodb.memory_ceiling)
    start = first_start(
        "mongodb",
        instance,
        parent,
        folder=DATA,
        server=["mongod", "--wiredTigerCacheSizeGB", f"{max(LEAST_CACHE, memory / 4 / 2**30):.2f}"],
    )
    container = Container(
        image=instance.image("mongodb"),
        size=stack.sizing.mongodb,
        command=start.command,
        env={
            "MONGO_INITDB_ROOT_USERNAME": "root",
            "MONGO_INITDB_ROOT_PASSWORD_FILE": f"{SECRETS}/password",
            "HOME": "/tmp",  # mongosh, which the image's initialisation runs, keeps its state there
        },
        port=PORT,
        probes=probes.server(PORT, start_seconds=900),
        mounts=[
            volumes.claimed("data", DATA, claim),
            volumes.mounted("root", SECRETS, [root]),
            start.mount,
            volumes.scratch("config", "/data/configdb", "16Mi"),
            volumes.scratch("tmp", "/tmp", "1Gi"),
        ],
        disk_limit="2Gi",
    )
    pod = Pod(component="mongodb", container=container, user=USER, grace_seconds=120)
    server = workload.stateful_set("mongodb", scope, pod, pulumi.ResourceOptions(parent=parent))
    return Store(
        connection=connections.Mongodb(
            members=(Endpoint(host="mongodb", port=PORT),),
            database=said.database,
            user=said.user,
            # The user lives in the database that it uses.
            auth_database=said.database,
        ),
        reach=Reach.software("mongodb", PORT),
        ready=[server],
        administrator=Administrator(
            user="root",
            password=instance.secrets["mongodb_root_password"],
            previous=instance.secrets.get("mongodb_root_password_previous"),
        ),
        foreign=False,
    )
