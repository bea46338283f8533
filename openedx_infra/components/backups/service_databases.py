"""Databases of companion services in backups, and in the test that restores one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from openedx_infra.config import Stack
from openedx_infra.config.services.registry import companions
from openedx_infra.settings.connections import Mysql
from openedx_infra.settings.datastores.mysql import alias


@dataclass(frozen=True, kw_only=True)
class ServiceDatabase:
    """A database of a service, as backups know it."""

    file: str
    """Name of its dump, without `.sql`; also what seals and parameters call it."""
    database: str
    user: str
    secret: str
    """Name of the file, and of the stack's secret, with the user's password."""


def service_databases(stack: Stack) -> list[ServiceDatabase]:
    """The databases of all companion services that are on."""
    found = []
    for each in companions(stack):
        for number, database in enumerate(each.service.databases_of(stack, each.section)):
            found.append(
                ServiceDatabase(
                    file=f"service-{each.name}" + (f"-{number + 1}" if number else ""),
                    database=database.database,
                    user=database.user,
                    secret=database.secret,
                )
            )
    return found


def as_root(databases: Sequence[ServiceDatabase]) -> list[ServiceDatabase]:
    """The same on the throw-away server of the restore test, which has no other user."""
    return [replace(each, user="root", secret="mysql_password") for each in databases]


def lines(databases: Sequence[ServiceDatabase]) -> str:
    """What `scripts/backup/mysql.sh` is told of them: file, database, user and secret of each, a line for
    each."""
    return "\n".join(f"{each.file} {each.database} {each.user} {each.secret}" for each in databases)


def aliases(databases: Sequence[ServiceDatabase], mysql: Mysql) -> dict[str, Any]:
    """The same for scripts in Python, as Django's DATABASES have it. SERVICE: a backup from before the
    service was on does without it."""
    return {
        each.file: {
            **alias(replace(mysql, user=each.user), mysql.endpoint, each.database),
            "SECRET": each.secret,
            "SERVICE": True,
        }
        for each in databases
    }
