"""Masks personal data in the databases that were restored, before anything of the platform runs.

MASK: `learners` masks it, `content` also deletes learners and all that is theirs. KEEP: names of users who
keep name, e-mail address and password. The same value becomes the same masked one in all tables, by a salt
that is thrown away with the process: so joins hold, and nobody can go back.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import learners, masked_columns, mongodb, rows
from .backup_parameters import Refused, parameters, step

DOMAIN = "masked.invalid"
"""Domain of masked addresses: mail to it goes nowhere (RFC 2606)."""
ADDRESS = r"[[:alnum:]._%%+-]{1,64}@(?!masked\\.invalid)[[:alnum:]-]{1,63}[.][[:alnum:].-]{2,}"
"""An e-mail address, for MySQL (ICU) and MariaDB (PCRE); not one that is masked. Within a literal of
SQL, and of a query with arguments, where `%%` is one sign."""
SERVICE_USERS = r"cms|login_service_user|[a-z0-9_]+_(service_)?(worker|user)"
"""Users that are programs."""
TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "json", "uuid", "inet4", "inet6")
EXPRESSIONS: Mapping[str, str] = {
    "email": f"IF({{c}} = '', '', CONCAT(LEFT(SHA2(CONCAT(@salt, LOWER({{c}})), 256), 20), '@{DOMAIN}'))",
    "username": "IF({c} = '', '', CONCAT('u', LEFT(SHA2(CONCAT(@salt, LOWER({c})), 256), 16)))",
    "name": "IF({c} = '', '', CONCAT('Learner ', UPPER(LEFT(SHA2(CONCAT(@salt, {c}), 256), 6))))",
    "token": "IF({c} = '', '', LEFT(SHA2(CONCAT(@salt, {c}), 256), 32))",
    "uuid": "LEFT(SHA2(CONCAT(@salt, {c}), 256), 32)",
    "unusable": "CONCAT('!', LEFT(SHA2(CONCAT(@salt, {c}), 256), 40))",
    "text": "IF({c} = '', '', 'masked')",
    "empty": "''",
    "null": "NULL",
    "object": "'{{}}'",
    "list": "'[]'",
    "answer": """'{{"parts": [{{"text": "masked"}}]}}'""",
    "ip": "'192.0.2.1'",
}
"""What takes the place of a value that is not NULL, by the word of the list. `{c}` is the column. The IP
address is one for documentation (RFC 5737)."""
KEPT_COLUMNS = ("username", "email", "unusable")
"""What people who are kept keep."""


@dataclass
class Done:
    """What was done, for the log."""

    by_name: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    columns: int = 0


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    kind: str
    nullable: bool
    length: int | None


def mask() -> None:
    """Mask all databases of the run, and raise Refused where personal data is left. Without MASK: nothing."""
    how = os.environ.get("MASK", "")
    if not how:
        return
    keep, salt = os.environ.get("KEEP", "").split(), secrets.token_hex(32)
    for name, alias in parameters().get("mysql", {}).items():
        connection = rows.connected(alias)
        try:
            done = masked(connection, salt, keep, content_only=how == "content")
        finally:
            connection.close()
        _report(name, done)
    if "mongodb" in parameters():
        mask_documents(mongodb.connected(), salt, keep, content_only=how == "content")
    step("masked: no e-mail address is left that authors did not write")


def masked(connection: Any, salt: str, keep: Sequence[str], *, content_only: bool = False) -> Done:
    """Mask a database, table by table. Raises Refused where a value doesn't go in, or rows got lost."""
    done, rules, cursor = Done(), masked_columns.columns(), connection.cursor()
    cursor.execute("SET @salt = %s, SESSION sql_mode = '', FOREIGN_KEY_CHECKS = 0", (salt,))
    tables = dict(_tables(cursor))
    before = {table: _count(cursor, table) for table in tables}
    kept = _kept(cursor, tables, keep)
    for table in [each for each in masked_columns.EMPTIED if each in tables]:
        cursor.execute(f"DELETE FROM {_quoted(table)}")
        done.emptied += [table] if before[table] else []
    for table, columns in tables.items():
        for column in columns:
            _column(cursor, table, column, rules.get(table, {}).get(column.name), kept, done)
        connection.commit()  # one transaction over all would need as much disk as the data
    after = {table: _count(cursor, table) for table in tables}
    lost = [each for each in tables if before[each] != after[each] and each not in masked_columns.EMPTIED]
    if lost:
        raise Refused(f"masking lost rows of {', '.join(lost)}")
    if content_only:
        names = [name for name, _ in _programs(cursor, tables, keep)]
        done.emptied += learners.deleted(cursor, tables, names)
        connection.commit()
    left = [place for place in _addresses(cursor, tables, rules) if place not in done.left]
    if left:
        raise Refused(f"e-mail addresses are left in {', '.join(left)}")
    return done


def _column(
    cursor: Any, table: str, column: Column, word: str | None, kept: Mapping[str, list[str]], done: Done
) -> None:
    """Mask one column: as the list has it, or by its name, or the e-mail addresses in its text."""
    is_text = column.kind in TEXTS
    authored = table.startswith(masked_columns.AUTHORED)
    if word is None and is_text and not authored and (word := _by_name(column.name)):
        done.by_name.append(f"{table}.{column.name}")
    if word == "keep" or (word is None and not is_text):
        return
    if word is None:
        _texts(cursor, table, column, done, authored=authored)
        return
    quoted = _quoted(column.name)
    value = EXPRESSIONS[word if word != "null" or column.nullable else "empty"].format(c=quoted)
    if column.length and word in ("email", "username", "name", "token", "unusable", "text"):
        value = f"LEFT({value}, {column.length})"
    where, names = f"{quoted} IS NOT NULL", []
    if word in KEPT_COLUMNS and (word != "unusable" or table in learners.USERS):
        names = kept["username" if word == "unusable" else word]
        of = "`username`" if word == "unusable" else quoted
        where += f" AND {of} NOT IN ({', '.join(['%s'] * len(names))})" if names else ""
    _update(cursor, table, column.name, value, where, names)
    done.columns += 1


def _texts(cursor: Any, table: str, column: Column, done: Done, *, authored: bool) -> None:
    """Mask the e-mail addresses in a text that the list doesn't know, or note that authors wrote them."""
    quoted = _quoted(column.name)
    where = f"{quoted} LIKE '%%@%%' AND {quoted} REGEXP '{ADDRESS}'"
    cursor.execute(f"SELECT COUNT(*) FROM {_quoted(table)} WHERE {where}", ())
    count = int(cursor.fetchone()[0])
    if not count:
        return
    place = f"{table}.{column.name}"
    if authored:
        done.left.append(place)
        return
    whole = f"{quoted} REGEXP '^{ADDRESS}$'"
    value = (
        f"IF({whole}, {EXPRESSIONS['email'].format(c=quoted)}, "
        f"REGEXP_REPLACE({quoted}, '{ADDRESS}', 'masked@{DOMAIN}'))"
    )
    _update(cursor, table, column.name, value, where, [])
    done.texts.append(f"{place} ({count})")


def _update(cursor: Any, table: str, column: str, value: str, where: str, names: Sequence[str]) -> None:
    try:
        cursor.execute(f"UPDATE {_quoted(table)} SET {_quoted(column)} = {value} WHERE {where}", tuple(names))
    except Exception as error:  # Whatever the server and its client raise.
        raise Refused(f"{table}.{column} can't be masked: {error}") from error


def _by_name(column: str) -> str | None:
    """How a column that the list leaves out is masked, by its name."""
    found = (word for pattern, word in masked_columns.BY_NAME.items() if re.fullmatch(pattern, column))
    return next(found, None)


def _addresses(
    cursor: Any, tables: Mapping[str, Sequence[Column]], rules: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    """Columns that hold an e-mail address which is not masked, those of people who are kept aside."""
    for table, columns in tables.items():
        for column in columns:
            word = rules.get(table, {}).get(column.name) or _by_name(column.name)
            if column.kind not in TEXTS or word in ("keep", *KEPT_COLUMNS):
                continue
            quoted = _quoted(column.name)
            where = f"{quoted} LIKE '%%@%%' AND {quoted} REGEXP '{ADDRESS}'"
            cursor.execute(f"SELECT 1 FROM {_quoted(table)} WHERE {where} LIMIT 1", ())
            if cursor.fetchone():
                yield f"{table}.{column.name}"


def _kept(cursor: Any, tables: Mapping[str, Any], keep: Sequence[str]) -> dict[str, list[str]]:
    """Names and e-mail addresses that stay: of programs, and of people whom the operator names."""
    names, emails = [], []
    for name, email in _programs(cursor, tables, keep):
        names.append(name)
        emails += [email] if email else []
    return {"username": names, "email": emails}


def _programs(cursor: Any, tables: Mapping[str, Any], keep: Sequence[str]) -> list[tuple[str, str]]:
    """Users who are programs, or are kept: name and e-mail address. Raises Refused where one is missing."""
    users = next((each for each in learners.USERS if each in tables), None)
    if users is None:
        return [(name, "") for name in keep]
    cursor.execute(f"SELECT username, email FROM {_quoted(users)}", ())
    found = [(str(name), str(email)) for name, email in cursor.fetchall()]
    missing = sorted(set(keep) - {name for name, _ in found})
    if missing and "auth_userprofile" in tables:  # services know only who came to them
        raise Refused(f"there is no user {', '.join(missing)}, who is to be kept")
    return [each for each in found if each[0] in keep or re.fullmatch(SERVICE_USERS, each[0])]


def _tables(cursor: Any) -> Iterator[tuple[str, list[Column]]]:
    cursor.execute("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")
    for table in [str(row[0]) for row in cursor.fetchall()]:
        cursor.execute(
            "SELECT column_name, data_type, is_nullable, character_maximum_length "
            "FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = %s "
            "AND extra NOT LIKE '%%GENERATED%%' ORDER BY ordinal_position",
            (table,),
        )
        found = cursor.fetchall()
        yield (
            table,
            [
                Column(str(name), str(kind).lower(), null == "YES", length)
                for name, kind, null, length in found
            ],
        )


def _quoted(name: str) -> str:
    """A name as SQL has it, in a query with arguments."""
    return "`" + name.replace("`", "``").replace("%", "%%") + "`"


def _count(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT COUNT(*) FROM {_quoted(table)}", ())
    return int(cursor.fetchone()[0])


def _report(name: str, done: Done) -> None:
    step(f"{name}: {done.columns} columns masked, {len(done.emptied)} tables emptied")
    for text, places in (
        ("masked by the names of columns, as the list doesn't have them", done.by_name),
        ("e-mail addresses in texts masked", done.texts),
        ("e-mail addresses that authors wrote are left", done.left),
    ):
        if places:
            step(f"{name}: {text}: {', '.join(places)}")


def mask_documents(database: Any, salt: str, keep: Sequence[str], *, content_only: bool) -> None:
    """Mask the forum in MongoDB, as Ulmo has it: who wrote, and what."""
    if content_only:
        for collection in ("users", "contents", "subscriptions"):
            database[collection].delete_many({})
        step("mongodb: the forum is emptied")
        return

    def digest(value: str, length: int) -> str:
        return hashlib.sha256(f"{salt}{value.lower()}".encode()).hexdigest()[:length]

    def name(value: Any) -> Any:
        return value if not value or value in keep else f"u{digest(str(value), 16)}"

    count = 0
    for collection in ("users", "contents"):
        for each in database[collection].find({}):
            change = {key: name(each[key]) for key in ("username", "author_username") if each.get(key)}
            change |= {key: "masked" for key in ("title", "body") if each.get(key)}
            if each.get("email"):
                change["email"] = f"{digest(str(each['email']), 20)}@{DOMAIN}"
            if each.get("edit_history"):
                change["edit_history"] = []
            if change:
                database[collection].update_one({"_id": each["_id"]}, {"$set": change})
                count += 1
    step(f"mongodb: {count} documents of the forum masked")
