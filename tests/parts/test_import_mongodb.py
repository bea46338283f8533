"""Courses and discussions come whole or not at all, into a server of MongoDB's protocol."""

from __future__ import annotations

import gzip
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest
from backup_stage import FerretDb
from import_target import PASSWORD, Target
from servers import HOST, SYSTEM_PYTHON, MariaDb, demand_modules
from testing_tools import BACKUPS, ensure_for_tests

pytestmark = pytest.mark.parts

WRITER = Path(__file__).parents[1] / "data" / "mongodb_archive.py"
STRUCTURES = 200
NAMES = ["modulestore.structures", "modulestore.active_versions", "fs.chunks", "empty", "contents"]
COURSES = ["edxapp", "openedx"]


@pytest.fixture(scope="module")
def ferretdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FerretDb]:
    """A server of MongoDB's protocol."""
    server = FerretDb(tmp_path_factory.mktemp("ferretdb"))
    server.start(ensure_for_tests(BACKUPS).paths["ferretdb"], PASSWORD)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def archive() -> bytes:
    """What mongodump writes of an old site."""
    demand_modules("MySQLdb", "yaml", "pymongo")
    return subprocess.run(
        [SYSTEM_PYTHON, WRITER, "edxapp", str(STRUCTURES)], capture_output=True, check=True
    ).stdout


@pytest.fixture
def target(tmp_path: Path, mariadb: MariaDb, ferretdb: FerretDb) -> Iterator[Target]:
    target = Target(tmp_path, mariadb, ferretdb)
    target.prepare()
    yield target
    database(target).client.drop_database("openedx")


def database(target: Target) -> Any:
    assert target.mongodb is not None
    client: Any = pymongo.MongoClient(
        HOST, target.mongodb.port, username="openedx", password=PASSWORD, authSource="admin"
    )
    return client["openedx"]


def counts(target: Target) -> dict[str, int]:
    found = database(target)
    return {name: found[name].count_documents({}) for name in found.list_collection_names()}


def test_every_document_comes(target: Target, archive: bytes) -> None:
    database(target)["modulestore.active_versions"].insert_one({"_id": "of an empty instance"})
    done = target.ask("load_mongodb", gzip.compress(archive), databases=COURSES, identity="1")["done"]
    assert (done["collections"], done["passed_over"]) == (5, 0)
    assert {*done["left_out"]} == {"admin.system.version", "unrelated.things"}
    assert counts(target)["modulestore.active_versions"] == 1, "nothing that is in use is touched"
    assert target.ask("summary")["done"]["collection"]["contents"] == {
        "documents": 40,
        "database": "cs_comments_service",
    }
    _switch(target)
    assert counts(target) == {
        "modulestore.structures": STRUCTURES, "modulestore.active_versions": 5, "fs.chunks": 30,
        "empty": 0, "contents": 40,
    }  # fmt: skip
    found = database(target)
    structure = found["modulestore.structures"].find_one({"n": 7})
    assert structure["text"] == "ü😀" and structure["blocks"][3] == {"id": 3, "no": []}
    [index] = [each for each in found["modulestore.active_versions"].list_indexes() if each["name"] == "ours"]
    assert dict(index["key"]) == {"org": 1, "course": -1} and index["unique"]


def test_killed_and_gone_on(target: Target, archive: bytes) -> None:
    seeded = random.Random(16)
    for after in sorted(seeded.randrange(len(archive)) for _ in range(5)):
        target.killed("load_mongodb", archive, after, databases=COURSES, identity="1")
    assert not {*counts(target)} & {*NAMES}, "nothing of a half import is in use"
    done = target.ask("load_mongodb", archive, databases=COURSES, identity="1")["done"]
    assert done["collections"] + done["passed_over"] == 5
    again = target.ask("load_mongodb", archive, databases=COURSES, identity="1")["done"]
    assert (again["collections"], again["passed_over"]) == (0, 5)
    _switch(target)
    assert sum(counts(target).values()) == STRUCTURES + 5 + 30 + 40


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data[: len(data) // 2], "is cut short"),
        (lambda data: data[: data.rindex(b"\x02db\0") - 4], "have no end"),
        (lambda data: gzip.compress(data)[:-2000], "is cut short"),
        (lambda data: b"{}" + data, "no archive of mongodump's"),
    ],
)
def test_archives_that_are_none(target: Target, archive: bytes, change: Any, words: str) -> None:
    refused = target.ask("load_mongodb", change(archive), databases=COURSES, identity="1")["refused"]
    assert words in refused and "Nothing that is in use was changed" in refused
    assert not {*counts(target)} & {*NAMES}


def test_what_is_not_in_the_source_any_more_goes(target: Target, archive: bytes) -> None:
    target.ask("load_mongodb", archive, databases=COURSES, identity="1")
    gone = target.ask("prune", tables=[], collections=[name for name in NAMES if name != "empty"])["done"][
        "gone"
    ]
    assert gone == ["empty"] and "_import_empty" not in counts(target)


def _switch(target: Target) -> None:
    """The switch, with the tables that it demands."""
    names = ("django_migrations", "auth_user", "courseware_studentmodule")
    tables = "".join(f"CREATE TABLE `{name}` (\n  `id` int\n) ENGINE=InnoDB;\n" for name in names)
    dump = f"{tables}-- Dump completed\n".encode()
    assert "done" in target.ask("load_mysql", dump, databases={"edxapp": "main"}, identity="1")
    assert "done" in target.ask("switch", hosts={})
