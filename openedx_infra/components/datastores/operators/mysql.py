"""MySQL on several nodes: group replication and HAProxy, run by the Percona Operator for MySQL."""

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
    server,
)
from openedx_infra.components.datastores.store import Administrator, Members, Reach, Store
from openedx_infra.components.instance import Instance
from openedx_infra.config.datastores.mysql import MysqlOperator
from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.kubernetes import files
from openedx_infra.kubernetes.names import INSTANCE, NAME
from openedx_infra.kubernetes.pod import FixedSize
from openedx_infra.settings import connections
from openedx_infra.settings.connections import Endpoint

PERCONA_MYSQL = Kind(api_version="ps.percona.com/v1", name="PerconaServerMySQL")
VERSION = "1.1.0"
"""Version of the operator whose defaults hold: the one that `addons.mysql_operator` installs."""
SERVER = "mysql"
"""Name of the custom resource. The operator puts it before all names, and into a label of all pods."""
PORT = 3306
MEMBER_PORTS = (3306, 33060, 33061, 33062)
"""MySQL, its X protocol, group replication, and the port for administration that HAProxy asks for health."""
USER = 1001
"""The user of Percona's images."""
GRACE_SECONDS = 600
"""Seconds in which a member writes back its dirty pages and leaves the group (the operator's example)."""
PROXY_SIZE = FixedSize(cpu="100m", memory="128Mi", memory_limit="512Mi")
"""HAProxy, and the same for the process that tells it the members: a guess, for some thousand connections."""


def mysql(instance: Instance, section: MysqlOperator, parent: pulumi.Resource) -> Store[connections.Mysql]:
    """MySQL servers that replicate to each other, and proxies that send everything to the primary."""
    # The operator adds passwords of its own users, and changes root's in MySQL when it changes here.
    users = files.operator_secret(
        f"{SERVER}-users",
        instance.scope,
        {"root": instance.secrets["mysql_root_password"]},
        pulumi.ResourceOptions(parent=parent),
    )
    cluster = server(
        SERVER,
        PERCONA_MYSQL,
        instance,
        _spec(instance, section),
        after(instance.data(parent), users.source),
        ready=[
            f"{{.status.mysql.ready}}={section.members}",
            f"{{.status.haproxy.ready}}={section.proxies}",
            "{.status.state}=ready",
        ],
    )
    return Store(
        connection=connections.Mysql(
            endpoint=Endpoint(host=f"{SERVER}-haproxy", port=PORT),
            database=section.database,
            user=section.user,
            history_database=section.history_database,
        ),
        reach=Reach(
            ports=(PORT,),
            pods=_pods("haproxy"),
            members=Members(
                pods=_pods("mysql"),
                ports=MEMBER_PORTS,
                operator={NAME: "ps-operator"},
                operator_namespace=section.operator_namespace,
            ),
        ),
        ready=[cluster],
        administrator=Administrator(
            user="root",
            password=instance.secrets["mysql_root_password"],
            previous=instance.secrets.get("mysql_root_password_previous"),
        ),
        externally_managed=False,
    )


def _pods(software: str) -> dict[str, str]:
    """Labels that the operator gives to its pods."""
    return {NAME: software, INSTANCE: SERVER, "app.kubernetes.io/part-of": "percona-server"}


def _spec(instance: Instance, section: MysqlOperator) -> Mapping[str, Any]:
    off = {"enabled": False}
    return {
        "crVersion": VERSION,
        "secretsName": f"{SERVER}-users",
        "updateStrategy": "SmartUpdate",  # the primary last
        "upgradeOptions": {"apply": "disabled"},
        "mysql": {
            **container(instance, "percona_mysql", instance.stack.sizing.mysql),
            **percona(instance, USER, section.members, "gracePeriod", GRACE_SECONDS),
            "clusterType": "group-replication",
            "autoRecovery": True,
            "volumeSpec": {"persistentVolumeClaim": claim(instance, section.storage)},
            "configuration": _configuration(memory_bytes(instance.stack.sizing.mysql.memory_ceiling)),
        },
        "proxy": {
            "haproxy": {
                **container(instance, "percona_haproxy", PROXY_SIZE),
                **percona(instance, USER, section.proxies, "gracePeriod", 30),
                "enabled": True,
            },
            "router": off,
        },
        "orchestrator": off,
        "pmm": off,
        "backup": off,
    }


def _configuration(memory: int) -> str:
    lines = [
        "[mysqld]",
        "character_set_server=utf8mb4",
        "collation_server=utf8mb4_unicode_ci",
        f"innodb_buffer_pool_size={memory // 2}",
        "binlog_expire_logs_seconds=259200",
        # Group replication refuses writes to tables without a primary key, which some plugin may bring.
        "sql_generate_invisible_primary_key=ON",
    ]
    return "\n".join(lines) + "\n"
