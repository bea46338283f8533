"""upgrade_facts.py reads what a plan needs from a real server: MariaDB, by Django."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import django
import pytest
from servers import SYSTEM_PYTHON, MariaDb, demand_modules

from openedx_infra.scripts import in_platform

pytestmark = pytest.mark.parts

LIBRARIES = Path(django.__file__).parents[1]
"""Django of the tests, for the system's Python, which has MySQL's client: Django is Python alone."""
DATABASE = "upgrade_facts"
PROGRAM = """
import json, os, sys, types
from django.conf import settings
database = {"ENGINE": "django.db.backends.mysql", "NAME": NAME, "USER": USER, "HOST": os.environ["SOCKET"]}
STORE = {"DOC_STORE_CONFIG": {"db": "x", "collection": "y"}}
settings.configure(DATABASES={"default": database}, CONTENTSTORE=STORE)
class PyMongoError(Exception): pass
class Client:
    admin = property(lambda self: self)
    def server_info(self): return {"version": "7.0.28"}
    def command(self, command):
        if COMPATIBILITY is None: raise PyMongoError("not authorized")
        return {"featureCompatibilityVersion": {"version": COMPATIBILITY}}
def connect_to_mongodb(db): return types.SimpleNamespace(client=Client())
for name, content in {
    "pymongo": {}, "pymongo.errors": {"PyMongoError": PyMongoError},
    "xmodule": {}, "xmodule.mongo_utils": {"connect_to_mongodb": connect_to_mongodb},
}.items():
    sys.modules[name] = types.ModuleType(name); vars(sys.modules[name]).update(content)
scope = {}
exec(SCRIPT, scope)
found = scope["ACTIONS"]["facts"](["learner", "gone"], {"learner": "course_id", "gone": "x"})
print(json.dumps(found, default=str))
"""


@pytest.fixture
def server(mariadb: MariaDb) -> MariaDb:
    """A database with a table of 2,000 rows, one of another charset, and a user that may read no other."""
    demand_modules("MySQLdb")
    into = f"{DATABASE}."
    mariadb.sql(
        f"DROP DATABASE IF EXISTS {DATABASE}",
        f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4",
        f"CREATE TABLE {into}learner (id INT PRIMARY KEY, course_id VARCHAR(255) COLLATE utf8mb4_bin)",
        f"INSERT INTO {into}learner SELECT seq, CONCAT('course-v1:a+b+', seq) FROM {into}seq_1_to_2000",
        f"CREATE TABLE {into}old (id INT PRIMARY KEY) CHARACTER SET utf8mb3",
        f"CREATE TABLE {into}django_migrations (id INT PRIMARY KEY, app VARCHAR(99), name VARCHAR(99))",
        f"INSERT INTO {into}django_migrations VALUES (1, 'learners', '0001_initial')",
        "DROP USER IF EXISTS reader@localhost",
        "CREATE USER reader@localhost",
        f"GRANT SELECT ON {DATABASE}.* TO reader@localhost",
    )
    return mariadb


def facts(server: MariaDb, *, user: str = "root", compatibility: str | None = "7.0") -> dict[str, Any]:
    """The answer of the script."""
    script = in_platform("upgrade_facts.py").partition("import inspect")[0].rpartition('"""Carries out')[0]
    names = {"NAME": DATABASE, "USER": user, "COMPATIBILITY": compatibility, "SCRIPT": script}
    head = "\n".join(f"{name} = {value!r}" for name, value in names.items())
    done = subprocess.run(
        [SYSTEM_PYTHON, "-c", f"{head}\n{PROGRAM}"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(LIBRARIES), "SOCKET": str(server.socket)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_rows_charsets_and_migrations_are_read(server: MariaDb) -> None:
    found = facts(server)
    assert found["tables"]["learner"]["rows"] == 2000, "counted, where the server only estimates"
    assert found["tables"]["learner"]["bytes"] > 0
    assert found["tables"]["old"]["collation"].startswith("utf8mb3")
    assert found["migrations"] == ["learners.0001_initial"]
    assert found["duplicates"] == {"learner.course_id": []}
    assert "MariaDB" in found["mysql"] and isinstance(found["old_passwords"], list)
    assert found["mongodb"] == {"version": "7.0.28", "compatibility": "7.0"}


def test_ids_that_differ_only_in_case_are_found(server: MariaDb) -> None:
    server.sql(f"INSERT INTO {DATABASE}.learner VALUES (3000, 'course-v1:A+b+7')")
    assert facts(server)["duplicates"] == {"learner.course_id": ["course-v1:a+b+7"]}


def test_what_the_user_may_not_read_is_null(server: MariaDb) -> None:
    found = facts(server, user="reader", compatibility=None)
    assert found["old_passwords"] is None and found["mongodb"]["compatibility"] is None
    assert found["tables"]["learner"]["rows"] == 2000
