"""MongoDB in the cluster."""

from __future__ import annotations

from openedx_infra.config import Stack
from openedx_infra.config.datastores.mongodb import MongodbInCluster
from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.kubernetes import volumes
from openedx_infra.services.database import database, secrets_folder
from openedx_infra.services.service import DatastoreService, DataVolume
from openedx_infra.settings.connections import Endpoint, Mongodb

PORT = 27017
DATA = "/data/db"
LEAST_CACHE = 0.25
"""Gigabytes below which WiredTiger refuses to start."""


def service(stack: Stack, config: MongodbInCluster) -> DatastoreService[Mongodb]:
    """A MongoDB server that wants a login. Its cache is a quarter of the memory that it may use."""
    size = stack.sizing.mongodb
    cache = max(LEAST_CACHE, memory_bytes(size.memory_ceiling) / 4 / 2**30)
    connection = Mongodb(
        members=(Endpoint(host="mongodb", port=PORT),),
        database=config.database,
        user=config.user,
        # The user lives in the database that it uses.
        auth_database=config.database,
    )
    return database(
        "mongodb",
        stack,
        connection,
        size=size,
        data=DataVolume(path=DATA, size=config.storage),
        port=PORT,
        server=[
            *("mongod", "--wiredTigerCacheSizeGB", f"{cache:.2f}"),
            *(["--ipv6"] if stack.cluster.ip_family == "IPv6" else []),  # else it binds addresses of IPv4
        ],
        env={
            "MONGO_INITDB_ROOT_USERNAME": "root",
            "MONGO_INITDB_ROOT_PASSWORD_FILE": f"{secrets_folder('mongodb')}/password",
            "HOME": "/tmp",  # mongosh, which the image's initialisation runs, keeps its state there
        },
        scratch=[
            volumes.scratch("config", "/data/configdb", "16Mi"),
            volumes.scratch("tmp", "/tmp", "1Gi"),
        ],
        disk_limit="2Gi",
    )
