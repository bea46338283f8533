"""How does the instance run MySQL itself?"""

from __future__ import annotations

import pulumi

from openedx_infra.components.datastores.in_cluster.first_start import first_start
from openedx_infra.components.datastores.store import Administrator, Reach, Store
from openedx_infra.components.instance import Instance
from openedx_infra.config.datastores.mysql import MysqlInCluster
from openedx_infra.config.types.base import memory_bytes
from openedx_infra.kubernetes import files, probes, volumes, workload
from openedx_infra.kubernetes.pod import Container, Pod
from openedx_infra.settings import connections
from openedx_infra.settings.connections import Endpoint

PORT = 3306
USER = 999
"""The user `mysql` of the official image."""
DATA = "/var/lib/mysql"
SECRETS = "/run/secrets/mysql"
LEAST_CONNECTIONS = 151
"""MySQL's own choice, which is enough for some hundred processes of the platform."""
CONNECTION_MEMORY = 12 * 2**20
"""Bytes of the memory limit for each connection more: a busy one takes some MB, beside what all share (a
guess)."""


def mysql(instance: Instance, said: MysqlInCluster, parent: pulumi.Resource) -> Store[connections.Mysql]:
    """A MySQL server with a volume of its own.

    While it initialises itself it listens on a socket only, so it is ready by TCP when it really serves.
    """
    stack, scope = instance.stack, instance.scope
    claim = volumes.claim(
        "mysql",
        scope,
        said.storage,
        instance.data(parent),
        storage_class=stack.cluster.storage_class,
    )
    root = files.secret(
        "mysql-root",
        scope,
        {"password": instance.secrets["mysql_root_password"]},
        pulumi.ResourceOptions(parent=parent),
    )
    start = first_start(
        "mysql",
        instance,
        parent,
        folder=DATA,
        server=_server(memory_bytes(stack.sizing.mysql.memory_ceiling)),
    )
    container = Container(
        image=instance.image("mysql"),
        size=stack.sizing.mysql,
        command=start.command,
        env={"MYSQL_ROOT_PASSWORD_FILE": f"{SECRETS}/password"},
        port=PORT,
        probes=probes.server(PORT, start_seconds=900),
        mounts=[
            volumes.claimed("data", DATA, claim),
            volumes.mounted("root", SECRETS, [root]),
            start.mount,
            volumes.scratch("run", "/var/run/mysqld", "16Mi"),
            volumes.scratch("tmp", "/tmp", "2Gi"),
        ],
        disk_limit="3Gi",
    )
    # InnoDB writes its dirty pages back before it stops: two minutes are enough for a buffer pool of some GB.
    pod = Pod(component="mysql", container=container, user=USER, grace_seconds=120)
    server = workload.stateful_set("mysql", scope, pod, pulumi.ResourceOptions(parent=parent))
    return Store(
        connection=connections.Mysql(
            at=Endpoint(host="mysql", port=PORT),
            database=said.database,
            user=said.user,
            history_database=said.history_database,
        ),
        reach=Reach.software("mysql", PORT),
        ready=[server],
        administrator=Administrator(
            user="root",
            password=instance.secrets["mysql_root_password"],
            previous=instance.secrets.get("mysql_root_password_previous"),
        ),
        foreign=False,
    )


def _server(memory: int) -> list[str]:
    return [
        "mysqld",
        f"--datadir={DATA}/data",  # the root of a volume may hold lost+found, and MySQL wants an empty folder
        "--character-set-server=utf8mb4",
        "--collation-server=utf8mb4_unicode_ci",
        f"--innodb-buffer-pool-size={memory // 2}",
        # Temporary tables beyond it go to the disk. MySQL's own choice is at least 1 GB, whatever the limit.
        f"--temptable-max-ram={memory // 8}",
        f"--max-connections={max(LEAST_CONNECTIONS, memory // CONNECTION_MEMORY)}",
        "--binlog-expire-logs-seconds=259200",  # three days: what a point-in-time recovery reaches back to
        "--skip-name-resolve",
    ]
