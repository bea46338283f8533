"""Names that belong to servers, or to services of the platform."""

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

_SERVICE_USERS = (
    "cms",
    "credentials_service_user",
    "ecommerce_worker",
    "edx_exams_worker",
    "enterprise_worker",
    "login_service_user",
    "retirement_service_user",
    "retirement_service_worker",
)
"""Users of the platform that are services, in lower case: set-up makes `cms`, which is Studio at the LMS, and
`retirement_service_worker`, by which accounts are retired; the others are defaults of lms/envs/common.py,
cms/envs/common.py and JWT_AUTH."""

_CLIENTS = frozenset({"cms-sso", "retirement", "login-service-client-id"})
"""OAuth clients of Studio, of the duty that retires accounts, and of the LMS' own login (the default of
JWT_AUTH's JWT_LOGIN_CLIENT_ID), by their ids."""


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    datastores = stack.datastores
    yield from _databases("mysql", "database", datastores.mysql.database)
    yield from _databases("mysql", "history_database", datastores.mysql.history_database)
    yield from _users("mysql", datastores.mysql)
    yield from _databases("mongodb", "database", datastores.mongodb.database)
    yield from _users("mongodb", datastores.mongodb)
    yield from _administrators(stack)
    for name in sorted(_CLIENTS & stack.mobile.apps.keys()):
        text = f"{name} is another OAuth client of the platform: choose another id, such as android"
        yield Conflict(("mobile", "apps", name), text)


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


def _administrators(stack: Stack) -> Iterator[Conflict]:
    """Each is a person of its own. MySQL takes capitals for small letters, in names and addresses."""
    where: Location = ("site", "administrators")
    for key in ("name", "email"):
        seen: set[str] = set()
        for number, administrator in enumerate(stack.site.administrators):
            value: str = getattr(administrator, key)
            if value.lower() in seen:
                text = f"{value} is another administrator's `{key}`, too: each needs one of its own"
                yield Conflict((*where, number, key), text)
            elif key == "name" and value.lower() in _SERVICE_USERS:
                text = f"{value} is a service of the platform: choose another name"
                yield Conflict((*where, number, key), text)
            seen.add(value.lower())
