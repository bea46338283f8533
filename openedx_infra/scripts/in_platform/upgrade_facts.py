"""What an upgrade must know of the databases: versions, sizes, applied migrations. Runs in the LMS.

It only reads. Verbs send it with a request (`serve.py`). What the platform's user may not read is null.
"""

from django.conf import settings
from django.db import DatabaseError, connection

TABLES = (
    "SELECT TABLE_NAME, TABLE_ROWS, DATA_LENGTH + INDEX_LENGTH, TABLE_COLLATION "
    "FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'"
)


class Refused(Exception):
    """Nothing could be read. The text says why."""


def facts(tables, unique):
    """`tables`: tables whose rows are counted; others have the server's estimate. `unique`: columns by their
    tables, of which values are returned that differ only in case."""
    found = {name: row for name, *row in query(TABLES)}
    counted = {name: query(f"SELECT COUNT(*) FROM {quoted(name)}")[0][0] for name in tables if name in found}
    return {
        "mysql": query("SELECT VERSION()")[0][0],
        "tables": {
            name: {"rows": int(counted.get(name, rows or 0)), "bytes": int(size or 0), "collation": collation}
            for name, (rows, size, collation) in found.items()
        },
        "migrations": [f"{app}.{name}" for app, name in query("SELECT app, name FROM django_migrations")],
        "duplicates": {
            f"{table}.{column}": duplicates(table, column)
            for table, column in unique.items()
            if table in found
        },
        "old_passwords": old_passwords(),
        "mongodb": mongodb(),
    }


def duplicates(table, column):
    """Values that another row has, too, in capitals or small letters: the first ten."""
    name = quoted(column)
    sql = f"SELECT LOWER({name}) FROM {quoted(table)} GROUP BY LOWER({name}) HAVING COUNT(*) > 1 LIMIT 10"
    return [row[0] for row in query(sql)]


def old_passwords():
    """Accounts with mysql_native_password. None: the platform's user may not read them."""
    try:
        return [
            f"{user}@{host}"
            for user, host in query(
                "SELECT User, Host FROM mysql.user WHERE plugin = 'mysql_native_password' ORDER BY User, Host"
            )
        ]
    except DatabaseError:
        return None


def mongodb():
    """Version of MongoDB, and the feature compatibility version of its data."""
    from pymongo.errors import PyMongoError
    from xmodule.mongo_utils import connect_to_mongodb

    options = {key: value for key, value in settings.CONTENTSTORE["DOC_STORE_CONFIG"].items()}
    options.pop("collection", None)
    try:
        client = connect_to_mongodb(**options).client
        version = client.server_info()["version"]
    except PyMongoError as error:
        return {"version": None, "compatibility": None, "error": type(error).__name__}
    try:
        answer = client.admin.command({"getParameter": 1, "featureCompatibilityVersion": 1})
        compatibility = answer["featureCompatibilityVersion"]["version"]
    except (PyMongoError, KeyError, TypeError):
        compatibility = None
    return {"version": version, "compatibility": compatibility}


def query(sql):
    """All rows that a query returns."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def quoted(name):
    """A name as MySQL takes it."""
    return connection.ops.quote_name(name)


ACTIONS = {"facts": facts}
