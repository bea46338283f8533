"""How does the instance run MySQL itself?"""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.apps.v1 import StatefulSet

from openedx_infra.components.instance import Instance
from openedx_infra.config.base import memory_bytes
from openedx_infra.kubernetes import files, probes, volumes, workload
from openedx_infra.kubernetes.pod import Container, Pod

USER = 999
"""The user `mysql` of the official image."""
DATA = "/var/lib/mysql"
SECRETS = "/run/secrets/mysql"


def mysql(instance: Instance, parent: pulumi.Resource) -> StatefulSet:
    """A MySQL server with a volume of its own.

    While it initialises itself it listens on a socket only, so it is ready by TCP when it really serves.
    """
    stack, scope = instance.stack, instance.scope
    claim = volumes.claim(
        "mysql",
        scope,
        stack.datastores.mysql.storage,
        instance.data(parent),
        storage_class=stack.cluster.storage_class,
    )
    root = files.secret(
        "mysql-root",
        scope,
        {"password": instance.secrets["mysql_root_password"]},
        pulumi.ResourceOptions(parent=parent),
    )
    container = Container(
        image=instance.image("mysql"),
        size=stack.sizing.mysql,
        args=_arguments(memory_bytes(stack.sizing.mysql.memory_ceiling)),
        env={"MYSQL_ROOT_PASSWORD_FILE": f"{SECRETS}/password"},
        port=instance.endpoints.mysql.port,
        probes=probes.server(instance.endpoints.mysql.port, start_seconds=900),
        mounts=[
            volumes.claimed("data", DATA, claim),
            volumes.mounted("root", SECRETS, [root]),
            volumes.scratch("run", "/var/run/mysqld", "16Mi"),
            volumes.scratch("tmp", "/tmp", "2Gi"),
        ],
        disk_limit="3Gi",
    )
    # InnoDB writes its dirty pages back before it stops: two minutes are enough for a buffer pool of some GB.
    pod = Pod(component="mysql", container=container, user=USER, grace_seconds=120)
    return workload.stateful_set("mysql", scope, pod, pulumi.ResourceOptions(parent=parent))


def _arguments(memory: int) -> list[str]:
    return [
        "mysqld",
        f"--datadir={DATA}/data",  # the root of a volume may hold lost+found, and MySQL wants an empty folder
        "--character-set-server=utf8mb4",
        "--collation-server=utf8mb4_unicode_ci",
        f"--innodb-buffer-pool-size={memory // 2}",
        "--binlog-expire-logs-seconds=259200",  # three days: what a point-in-time recovery reaches back to
        "--skip-name-resolve",
    ]
