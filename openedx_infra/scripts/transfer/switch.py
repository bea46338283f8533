"""Puts what was loaded into the place of what an empty instance has. Each step can be repeated."""

from collections.abc import Mapping, Sequence
from typing import Any

from . import fold, mongodb, target
from .record import TABLE, Record
from .target import UNTOUCHED, Refused, quoted, step

MARKS = ("django_migrations", "auth_user", "courseware_studentmodule")
"""Tables that every database of edx-platform has."""
LEARNERS = ("student_courseenrollment", "courseware_studentmodule")
"""Tables without a row in an instance that nobody has used."""


def look() -> dict[str, Any]:
    """What the target is now: its rows of learners, its migrations, and what is done of an import."""
    record = Record()
    alias = target.aliases()["main"]
    there = _tables(record, str(alias["NAME"]))
    used = {name: _count(record, str(alias["NAME"]), name) for name in LEARNERS if name in there}
    courses = target.mongodb()["modulestore.active_versions"].count_documents({})
    return {
        "used": {name: rows for name, rows in used.items() if rows}
        | ({"courses": courses} if courses else {}),
        "migrations": _migrations(record, str(alias["NAME"])) if "django_migrations" in there else [],
        "staged": {
            kind: {name: each[0] for name, each in record.done(kind).items()}
            for kind in ("table", "collection")
        },
        "switched": sorted(record.done("switch")),
        "history": "history" in target.aliases(),
        "mysql": str(alias["NAME"]),
    }


def summary() -> dict[str, Any]:
    """What was loaded, with counts and sums, as the report has it."""
    record = Record()
    return {
        kind: {name: each[1] for name, each in record.done(kind).items()} for kind in ("table", "collection")
    }


def migrations_staged() -> Sequence[str]:
    """Migrations that ran on the old site, as `app.name`."""
    record = Record()
    return _migrations(record, target.staging(target.aliases()["main"]))


def switch(hosts: Mapping[str, str]) -> dict[str, Any]:
    """Replace the instance's tables and collections by those that were loaded. `hosts`: new names by old.

    Whoever calls it has stopped the platform. Raises Refused when something was not loaded to its end.
    """
    record = Record()
    aliases = target.aliases()
    if "begun" not in record.done("switch"):
        _demand_whole(record, aliases)
        fold.fold(record)
        changed = _rename_hosts(record, target.staging(aliases["main"]), hosts)
        record.put("switch", "begun", "", {"hosts": changed})
    for name, alias in aliases.items():
        _switch_database(record, name, alias)
    moved = mongodb.switch(set(record.done("collection")))
    record.put("switch", "mongodb", "", {"collections": moved})
    step("what was imported is in its place")
    return {"hosts": record.done("switch")["begun"][1]["hosts"]}


def prune(tables: Sequence[str], collections: Sequence[str]) -> dict[str, Any]:
    """Take away what an earlier run loaded and the source of this one does not have."""
    record = Record()
    gone = mongodb.prune(collections)
    for place, alias in target.aliases().items():
        database = target.staging(alias)
        for name in _tables(record, database):
            if name != TABLE and f"{place}.{name}" not in tables:
                record.execute("SET SESSION foreign_key_checks=0")
                record.execute(f"DROP TABLE {quoted(database)}.{quoted(name)}")
                record.forget("table", f"{place}.{name}")
                gone.append(f"{place}.{name}")
    for name in gone:
        record.forget("collection", name)
    return {"gone": gone}


def clear() -> dict[str, Any]:
    """Take away what an import left beside the instance's data, its record last."""
    mongodb.prune(())
    record = Record()
    names = [target.staging(alias) for alias in target.aliases().values()]
    for name in reversed(names):
        record.execute(f"DROP DATABASE IF EXISTS {quoted(name)}")
    return {}


def _demand_whole(record: Record, aliases: Mapping[str, Mapping[str, Any]]) -> None:
    done = set(record.done("table"))
    lacking = [
        f"table {name} of {name_of}" for name_of in ("main",) for name in MARKS if f"main.{name}" not in done
    ]
    for place, alias in aliases.items():
        for name in _tables(record, target.staging(alias)):
            if name != TABLE and f"{place}.{name}" not in done:
                lacking.append(f"the end of table {name} ({place})")
    lacking += [
        f"the end of collection {name}" for name in mongodb.unfinished(set(record.done("collection")))
    ]
    if lacking:
        raise Refused(
            "What was loaded is not whole. "
            f"{UNTOUCHED} It lacks: "
            + "; ".join(lacking)
            + "\n  what to do: run `openedx-infra import data` to its end first"
        )


def _switch_database(record: Record, place: str, alias: Mapping[str, Any]) -> None:
    """Drop the old tables, and then rename all new ones in one statement. What a kill between the two leaves
    is told by the record."""
    old, new = str(alias["NAME"]), target.staging(alias)
    if place in record.done("switch"):
        return
    step(f"putting the tables of {old} into their place")
    record.execute("SET SESSION foreign_key_checks=0")
    if f"{place}: emptied" not in record.done("switch"):
        for view in _tables(record, old, "VIEW"):
            record.execute(f"DROP VIEW IF EXISTS {quoted(old)}.{quoted(view)}")
        for name in _tables(record, old):
            record.execute(f"DROP TABLE IF EXISTS {quoted(old)}.{quoted(name)}")
        record.put("switch", f"{place}: emptied", "", {})
    moves = [
        f"{quoted(new)}.{quoted(name)} TO {quoted(old)}.{quoted(name)}"
        for name in _tables(record, new)
        if name != TABLE
    ]
    if moves:
        record.execute(f"RENAME TABLE {', '.join(moves)}")
    record.put("switch", place, "", {"tables": len(moves)})


def _rename_hosts(record: Record, database: str, hosts: Mapping[str, str]) -> list[str]:
    """Django's sites, and the addresses that OAuth clients may send people back to."""
    changed = []
    there = _tables(record, database)
    for old, new in hosts.items():
        if "django_site" in there:
            rows = f"{quoted(database)}.django_site"
            if record.execute(f"SELECT 1 FROM {rows} WHERE domain = %s", (old,)):
                record.execute(f"UPDATE {rows} SET domain = %s WHERE domain = %s", (new, old))
                changed.append(f"site {old} is {new}")
        if "oauth2_provider_application" in there:
            rows = f"{quoted(database)}.oauth2_provider_application"
            found = record.execute(f"SELECT id, name, redirect_uris FROM {rows} WHERE redirect_uris <> ''")
            for key, name, addresses in found:
                uris = " ".join(_moved(each, old, new) for each in str(addresses).split())
                if uris != addresses:
                    record.execute(f"UPDATE {rows} SET redirect_uris = %s WHERE id = %s", (uris, key))
                    changed.append(f"OAuth client {name} sends people back to {new}")
    return changed


def _moved(address: str, old: str, new: str) -> str:
    """An address with another host, where it had that one."""
    scheme, found, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{found}{new}{slash}{path}" if host == old else address


def _tables(record: Record, database: str, kind: str = "BASE TABLE") -> list[str]:
    sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = %s"
    return sorted(str(row[0]) for row in record.execute(sql, (database, kind)))


def _count(record: Record, database: str, table: str) -> int:
    return int(record.execute(f"SELECT COUNT(*) FROM {quoted(database)}.{quoted(table)}")[0][0])


def _migrations(record: Record, database: str) -> list[str]:
    rows = record.execute(f"SELECT app, name FROM {quoted(database)}.django_migrations")
    return sorted({f"{app}.{name}" for app, name in rows})
