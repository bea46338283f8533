"""How does the instance run MongoDB itself?"""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.apps.v1 import StatefulSet

from openedx_infra.components.instance import Instance
from openedx_infra.config.base import memory_bytes
from openedx_infra.kubernetes import files, probes, volumes, workload
from openedx_infra.kubernetes.pod import Container, Pod

USER = 999
"""The user `mongodb` of the official image."""
SECRETS = "/run/secrets/mongodb"
LEAST_CACHE = 0.25
"""Gigabytes below which WiredTiger refuses to start."""


def mongodb(instance: Instance, parent: pulumi.Resource) -> StatefulSet:
    """A MongoDB server that wants a login, with a volume of its own.

    While it initialises itself it listens on localhost only, so it is ready by TCP when it really serves.
    """
    stack, scope = instance.stack, instance.scope
    claim = volumes.claim(
        "mongodb",
        scope,
        stack.datastores.mongodb.storage,
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
    container = Container(
        image=instance.image("mongodb"),
        size=stack.sizing.mongodb,
        args=["mongod", "--wiredTigerCacheSizeGB", f"{max(LEAST_CACHE, memory / 4 / 2**30):.2f}"],
        env={
            "MONGO_INITDB_ROOT_USERNAME": "root",
            "MONGO_INITDB_ROOT_PASSWORD_FILE": f"{SECRETS}/password",
            "HOME": "/tmp",  # mongosh, which the image's initialisation runs, keeps its state there
        },
        port=instance.endpoints.mongodb.port,
        probes=probes.server(instance.endpoints.mongodb.port, start_seconds=900),
        mounts=[
            volumes.claimed("data", "/data/db", claim),
            volumes.mounted("root", SECRETS, [root]),
            volumes.scratch("config", "/data/configdb", "16Mi"),
            volumes.scratch("tmp", "/tmp", "1Gi"),
        ],
        disk_limit="2Gi",
    )
    pod = Pod(component="mongodb", container=container, user=USER, grace_seconds=120)
    return workload.stateful_set("mongodb", scope, pod, pulumi.ResourceOptions(parent=parent))
