"""Settings of MySQL: the database, its read replica, and the history's own database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openedx_infra.settings.connections import Endpoint, Mysql, Tls
from openedx_infra.settings.merging import Settings
from openedx_infra.settings.paths import SYSTEM_AUTHORITIES

_CONNECT_SECONDS = 5
"""How long to wait for a connection. Linux waits 127 s, at a pod's address that is gone: its packets still go
there after the Service has another (killed under load, MySQL was reached again after 137 s)."""


def mysql(server: Mysql) -> Settings:
    """Databases, passwords aside.

    What may be some seconds old is read from `read_replica` where the platform asks for it by name; its
    router sends nothing else there.
    """
    default = {
        **alias(server, server.endpoint, server.database),
        # A request that fails leaves nothing behind.
        "ATOMIC_REQUESTS": True,
    }
    databases: dict[str, Any] = {"default": default}
    if server.replica:
        databases["read_replica"] = alias(server, server.replica, server.database)
    if server.history_database:
        databases["student_module_history"] = alias(
            server, server.history or server.endpoint, server.history_database
        )
    return {
        "DATABASES": databases,
        # Without a database of its own, the settings module leaves out the history's app and router, too.
        "ENABLE_CSMH_EXTENDED": server.history_database is not None,
    }


def mysql_secrets(server: Mysql, secrets: Mapping[str, str]) -> Settings:
    """The password, for each of them."""
    password = {"PASSWORD": secrets["mysql_password"]}
    return {"DATABASES": dict.fromkeys(mysql(server)["DATABASES"], password)}


def alias(server: Mysql, endpoint: Endpoint, database: str) -> dict[str, Any]:
    """One entry of DATABASES, without a password."""
    return {
        "ENGINE": "django.db.backends.mysql",
        "HOST": endpoint.host,
        "PORT": str(endpoint.port),
        "NAME": database,
        "USER": server.user,
        # Reconnecting costs each request a few ms; a connection that broke meanwhile is noticed first.
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "charset": "utf8mb4",
            "init_command": "SET sql_mode='STRICT_TRANS_TABLES'",
            "connect_timeout": _CONNECT_SECONDS,
            **_encryption(server.tls),
        },
    }


def _encryption(tls: Tls | None) -> dict[str, Any]:
    """As mysqlclient names it, on MariaDB's library, which the image has.

    There VERIFY_CA checks the name, too, and REQUIRED with authorities checks these alone; tried with
    mysqlclient 2.2.8 on Connector/C 3.3.20.
    """
    if tls is None:
        return {}
    # Said also where they are the system's: whom the library trusts by itself depends on how it was built.
    files = {
        "ca": None if tls.verify == "none" else tls.ca or SYSTEM_AUTHORITIES,
        "cert": tls.certificate,
        "key": tls.key,
    }
    mode = "VERIFY_IDENTITY" if tls.verify == "full" else "REQUIRED"
    return {"ssl_mode": mode, "ssl": {name: path for name, path in files.items() if path}}
