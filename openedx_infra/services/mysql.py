"""MySQL in the cluster."""

from __future__ import annotations

from openedx_infra.config import Stack
from openedx_infra.config.datastores.mysql import MysqlInCluster
from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.kubernetes import volumes
from openedx_infra.services.database import database, secrets_folder
from openedx_infra.services.service import DatastoreService, DataVolume
from openedx_infra.settings.connections import Endpoint, Mysql

PORT = 3306
DATA = "/var/lib/mysql"
LEAST_CONNECTIONS = 151
"""MySQL's own choice, which is enough for some hundred processes of the platform."""
CONNECTION_MEMORY = 12 * 2**20
"""Bytes of the memory limit for each connection more: a busy one takes some MB, beside what all share (a
guess)."""


def service(stack: Stack, config: MysqlInCluster) -> DatastoreService[Mysql]:
    """A MySQL server, sized by the memory that it may use."""
    size = stack.sizing.mysql
    connection = Mysql(
        endpoint=Endpoint(host="mysql", port=PORT),
        database=config.database,
        user=config.user,
        history_database=config.history_database,
    )
    return database(
        "mysql",
        stack,
        connection,
        size=size,
        data=DataVolume(path=DATA, size=config.storage),
        port=PORT,
        server=_server(memory_bytes(size.memory_ceiling)),
        env={"MYSQL_ROOT_PASSWORD_FILE": f"{secrets_folder('mysql')}/password"},
        scratch=[
            volumes.scratch("run", "/var/run/mysqld", "16Mi"),
            volumes.scratch("tmp", "/tmp", "2Gi"),
        ],
        disk_limit="3Gi",
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
