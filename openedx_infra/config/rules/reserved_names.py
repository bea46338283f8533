"""Names of databases and users that belong to the servers themselves."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.config.datastores.mongodb import Mongodb, MongodbExternal
from openedx_infra.config.datastores.mysql import Mysql, MysqlExternal
from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.stack import Stack

_DATABASES = {
    "mysql": ("mysql", "sys", "information_schema", "performance_schema"),
    "mongodb": ("admin", "config", "local"),
}
"""Databases of the servers' own, in lower case."""


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    datastores = stack.datastores
    yield from _databases("mysql", "database", datastores.mysql.database)
    yield from _databases("mysql", "history_database", datastores.mysql.history_database)
    yield from _users("mysql", datastores.mysql)
    yield from _databases("mongodb", "database", datastores.mongodb.database)
    yield from _users("mongodb", datastores.mongodb)


def _databases(store: str, key: str, name: str | None) -> Iterator[Conflict]:
    if name is not None and name.lower() in _DATABASES[store]:
        text = f"{name} is a database of the server's own: choose another name, such as openedx"
        yield Conflict(("datastores", store, key), text)


def _users(store: str, section: Mysql | Mongodb) -> Iterator[Conflict]:
    where: Location = ("datastores", store, "user")
    remedy = "choose another name, such as openedx"
    if section.user.lower() == "root":
        yield Conflict(where, f"root is the server's administrator: {remedy}")
    elif section.user.lower() in section.reserved_users:
        text = f"{section.user} is a user of the server's own: {remedy}"
        yield Conflict(where, text, (("datastores", store, "source"),))
    if (
        isinstance(section, MysqlExternal | MongodbExternal)
        and not section.provisioned
        and section.user == section.admin_user != "root"
    ):
        text = f"{section.user} is `admin_user`, too, whose rights the platform must not have: {remedy}"
        yield Conflict(where, text, (("datastores", store, "admin_user"),))
