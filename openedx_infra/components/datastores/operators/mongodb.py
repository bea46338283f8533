"""MongoDB on several nodes: a replica set, run by the Percona Operator for MongoDB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from openedx_infra.components.datastores.operators.server import (
    Kind,
    after,
    claim,
    container,
    percona,
    restricted,
    server,
)
from openedx_infra.components.datastores.store import Administrator, Members, Reach, Store
from openedx_infra.components.instance import Instance
from openedx_infra.config.datastores.mongodb import MongodbOperator
from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.kubernetes import files
from openedx_infra.kubernetes.names import INSTANCE, NAME
from openedx_infra.settings import connections
from openedx_infra.settings.connections import Endpoint

PERCONA_MONGODB = Kind(api_version="psmdb.percona.com/v1", name="PerconaServerMongoDB")
VERSION = "1.22.0"
"""Version of the operator whose defaults hold: the one that `addons.mongodb_operator` installs."""
SERVER = "mongodb"
"""Name of the custom resource. The operator puts it before all names, and into a label of all pods."""
REPLICA_SET = "rs0"
PORT = 27017
USER = 1001
"""The user of Percona's images."""
ADMINISTRATOR = "userAdmin"
"""The operator's user who may make users, and nothing else."""
LEAST_CACHE = 0.25
"""Gigabytes below which WiredTiger refuses to start."""


def mongodb(
    instance: Instance, section: MongodbOperator, parent: pulumi.Resource
) -> Store[connections.Mongodb]:
    """A replica set; clients find its primary themselves."""
    password = instance.secrets["mongodb_root_password"]
    # The operator adds its other users to it, and changes passwords in MongoDB when they change here.
    users = files.operator_secret(
        f"{SERVER}-users",
        instance.scope,
        {"MONGODB_USER_ADMIN_USER": ADMINISTRATOR, "MONGODB_USER_ADMIN_PASSWORD": password},
        pulumi.ResourceOptions(parent=parent),
    )
    cluster = server(
        SERVER,
        PERCONA_MONGODB,
        instance,
        _spec(instance, section),
        after(instance.data(parent), users.source),
        ready=[f"{{.status.ready}}={section.members}", "{.status.state}=ready"],
    )
    pods = {NAME: "percona-server-mongodb", INSTANCE: SERVER}
    group = f"{SERVER}-{REPLICA_SET}"
    return Store(
        connection=connections.Mongodb(
            members=tuple(Endpoint(host=f"{group}-{i}.{group}", port=PORT) for i in range(section.members)),
            replica_set=REPLICA_SET,
            database=section.database,
            user=section.user,
            # The user lives in the database that it uses.
            auth_database=section.database,
        ),
        reach=Reach(
            ports=(PORT,),
            pods=pods,
            members=Members(
                pods=pods,
                ports=(PORT,),
                operator={NAME: "psmdb-operator"},
                operator_namespace=section.operator_namespace,
            ),
        ),
        ready=[cluster],
        administrator=Administrator(user=ADMINISTRATOR, password=password, password_set_by_operator=True),
        externally_managed=False,
    )


def _spec(instance: Instance, section: MongodbOperator) -> Mapping[str, Any]:
    size = instance.stack.sizing.mongodb
    member = container(instance, "percona_mongodb", size)
    off = {"enabled": False}
    # The operator knows one image for all, and wants the rest of a member in its replica set.
    shared: dict[str, Any] = {
        key: member.pop(key) for key in ("image", "imagePullPolicy", "imagePullSecrets") if key in member
    }
    return {
        **shared,
        "crVersion": VERSION,
        "secrets": {"users": f"{SERVER}-users"},
        "updateStrategy": "SmartUpdate",  # the primary last
        "upgradeOptions": {"apply": "disabled"},
        # Members encrypt what they send each other; the instance's own pods need not.
        "tls": {"mode": "preferTLS"},
        "initContainerSecurityContext": restricted(instance, USER)[1],
        "replsets": [
            {
                **member,
                "name": REPLICA_SET,
                **percona(instance, USER, section.members, "terminationGracePeriodSeconds", 120),
                "volumeSpec": {"persistentVolumeClaim": claim(instance, section.storage)},
                "configuration": _configuration(memory_bytes(size.memory_ceiling)),
            }
        ],
        # What isn't set, such as backups and monitoring, is off.
        "sharding": off,
        "logcollector": off,
    }


def _configuration(memory: int) -> str:
    cache = max(LEAST_CACHE, memory / 4 / 2**30)
    return f"storage:\n  wiredTiger:\n    engineConfig:\n      cacheSizeGB: {cache:.2f}\n"
