"""Puts the hosts of an instance in the place of others in its databases.

HOSTS: `old=new`, separated by spaces. A host is replaced where it stands as a whole: `example.org` is no part
of `studio.example.org`. What set-up writes from the stack file anyway, it writes later.
"""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import rows
from .backup_parameters import Refused, parameters, step

REWRITTEN: Mapping[str, tuple[str, ...]] = {
    "django_site": ("domain",),
    "site_configuration_siteconfiguration": ("site_values",),
    "oauth2_provider_application": ("redirect_uris", "post_logout_redirect_uris", "allowed_origins"),
    "certificates_certificatehtmlviewconfiguration": ("configuration",),
    "core_siteconfiguration": (
        *("lms_url_root", "catalog_api_url", "tos_url", "privacy_policy_url", "homepage_url"),
        *("company_name", "certificate_help_url", "records_help_url"),
    ),
    "core_partner": (
        *("lms_url", "studio_url", "courses_api_url", "organizations_api_url", "marketing_site_url_root"),
        *("marketing_site_api_url", "publisher_url"),
    ),
}
"""Tables and columns that hold addresses of the site: of the LMS, and of Credentials and Course Discovery."""


def change() -> None:
    """Replace hosts in all databases of the run. Without HOSTS: nothing."""
    pairs = dict(each.split("=") for each in os.environ.get("HOSTS", "").split())
    if not pairs:
        return
    for name, alias in parameters().get("mysql", {}).items():
        connection = rows.connected(alias)
        try:
            changed = rewritten(connection.cursor(), pairs)
            connection.commit()
        finally:
            connection.close()
        for place, count in changed.items():
            step(f"{name}: hosts changed in {place}: {count} rows")


def rewritten(cursor: Any, pairs: Mapping[str, str]) -> dict[str, int]:
    """Replace hosts in the tables that hold them; returns rows by table and column.

    Raises Refused where two sites would have one host.
    """
    changed: dict[str, int] = {}
    for table, columns in REWRITTEN.items():
        for column in _columns(cursor, table, columns):
            for key, value in _holding(cursor, table, column, pairs):
                new = replaced(value, pairs)
                if new == value:
                    continue
                try:
                    cursor.execute(f"UPDATE `{table}` SET `{column}` = %s WHERE id = %s", (new, key))
                except Exception as error:  # Whatever the server and its client raise.
                    raise Refused(f"{table}.{column} can't become {new}: {error}") from error
                place = f"{table}.{column}"
                changed[place] = changed.get(place, 0) + 1
    return changed


def replaced(text: str, pairs: Mapping[str, str]) -> str:
    """A text with other hosts, all at once: what takes the place of one is not replaced again."""
    hosts = "|".join(re.escape(host) for host in sorted(pairs, key=len, reverse=True))
    pattern = rf"(?<![A-Za-z0-9.-])({hosts})(?![A-Za-z0-9-]|\.[A-Za-z0-9])"
    return re.sub(pattern, lambda found: pairs[found[1].lower()], text, flags=re.IGNORECASE)


def _columns(cursor: Any, table: str, columns: tuple[str, ...]) -> list[str]:
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() "
        "AND table_name = %s",
        (table,),
    )
    present = {str(row[0]) for row in cursor.fetchall()}
    return [each for each in columns if each in present]


def _holding(cursor: Any, table: str, column: str, pairs: Mapping[str, str]) -> Iterator[tuple[Any, str]]:
    where = " OR ".join([f"`{column}` LIKE %s"] * len(pairs))
    cursor.execute(f"SELECT id, `{column}` FROM `{table}` WHERE {where}", [f"%{host}%" for host in pairs])
    for key, value in cursor.fetchall():
        yield key, str(value)
