"""A dump of MySQL comes whole or not at all: on a real server, killed, cut short, in old charsets."""

from __future__ import annotations

import gzip
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
from backup_stage import FerretDb
from import_target import PASSWORD, Target
from servers import MariaDb, demand, demand_modules
from testing_tools import BACKUPS, ensure_for_tests

pytestmark = pytest.mark.parts

SCHEMA = """
CREATE TABLE django_migrations (id INT PRIMARY KEY AUTO_INCREMENT, app VARCHAR(255), name VARCHAR(255));
CREATE TABLE auth_user (id INT PRIMARY KEY AUTO_INCREMENT, username VARCHAR(150) UNIQUE, bio LONGTEXT,
  date_joined DATETIME(6)) CHARSET=utf8mb3;
CREATE TABLE student_courseenrollment (id BIGINT PRIMARY KEY AUTO_INCREMENT, user_id INT NOT NULL,
  course_id VARCHAR(255), is_active TINYINT(1),
  CONSTRAINT enrolled FOREIGN KEY (user_id) REFERENCES auth_user (id));
CREATE TABLE courseware_studentmodule (id BIGINT PRIMARY KEY AUTO_INCREMENT, state LONGTEXT, grade DOUBLE,
  max_grade DOUBLE, student_id INT);
CREATE TABLE grades_persistentcoursegrade (id BIGINT PRIMARY KEY AUTO_INCREMENT, percent_grade DOUBLE,
  price DECIMAL(12,4), picture LONGBLOB) ENGINE=MyISAM CHARSET=latin1;
CREATE TABLE django_site (id INT PRIMARY KEY, domain VARCHAR(100), name VARCHAR(50)) CHARSET=latin1;
CREATE TABLE oauth2_provider_application (id BIGINT PRIMARY KEY, name VARCHAR(255), redirect_uris LONGTEXT);
CREATE TABLE `odd ``name` (`a b` INT);
CREATE TABLE empty_one (id INT);
CREATE VIEW learners AS SELECT id, username FROM auth_user;
CREATE TRIGGER tr BEFORE INSERT ON empty_one FOR EACH ROW SET NEW.id = NEW.id + 1
"""
USERS, MODULES = 1000, 2000
FILL = f"""
INSERT INTO django_migrations (app, name) VALUES ('auth', '0001_initial'), ('student', '0002_more');
INSERT INTO auth_user (username, bio, date_joined) SELECT CONCAT('user', seq),
  CONCAT('it''s (', seq, '), \\\\ "x"
;', CHAR(0)), '2026-01-02 03:04:05.678901' FROM seq_1_to_{USERS};
INSERT INTO student_courseenrollment (user_id, course_id, is_active)
  SELECT seq, 'course-v1:X+Y+Z', seq % 2 FROM seq_1_to_{USERS};
INSERT INTO courseware_studentmodule (state, grade, max_grade, student_id)
  SELECT '{{"a": "😀, (1)"}}', IF(seq % 3, seq / 7, NULL), 10, seq FROM seq_1_to_{MODULES};
INSERT INTO grades_persistentcoursegrade (percent_grade, price, picture)
  SELECT seq / 9, seq / 8, UNHEX(CONCAT('00275C', HEX(CAST(seq AS CHAR)))) FROM seq_1_to_500;
INSERT INTO django_site VALUES (1, 'learn.example.org', 'Schüle'), (2, 'studio.example.org', 'Studio');
INSERT INTO oauth2_provider_application VALUES (1, 'cms-sso', 'https://studio.example.org/complete/edx-oauth2/'),
  (2, 'other', 'https://elsewhere.org/a https://learn.example.org/b');
INSERT INTO `odd ``name` VALUES (1), (NULL)
"""
ALL = {"edxapp": "main"}
TABLES = 9


@pytest.fixture(scope="module")
def ferretdb(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server of MongoDB's protocol."""
    server = FerretDb(tmp_path_factory.mktemp("ferretdb"))
    server.start(ensure_for_tests(BACKUPS).paths["ferretdb"], PASSWORD)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def dump(mariadb: MariaDb) -> bytes:
    """What mysqldump writes of an old site."""
    demand("mysqldump")
    demand_modules("MySQLdb", "yaml", "pymongo")
    utf8 = "SET NAMES utf8mb4"
    mariadb.sql(
        "CREATE DATABASE edxapp CHARACTER SET utf8mb4", "USE edxapp", SCHEMA.strip(), utf8, FILL.strip()
    )
    return dumped(mariadb)


def dumped(mariadb: MariaDb, *options: str) -> bytes:
    socket = f"--socket={mariadb.socket}"
    command = ["mysqldump", "--no-defaults", socket, "--user=root", "--single-transaction", "--hex-blob"]
    command += ["--default-character-set=utf8mb4", *(options or ["edxapp"])]
    return subprocess.run(command, capture_output=True, check=True).stdout


@pytest.fixture
def target(tmp_path: Path, mariadb: MariaDb, ferretdb: FerretDb) -> Target:
    target = Target(tmp_path, mariadb, ferretdb)
    target.prepare()
    mariadb.sql(
        "USE openedx",
        "CREATE TABLE auth_user (id INT PRIMARY KEY)",
        "CREATE TABLE new_one (id INT, CONSTRAINT enrolled FOREIGN KEY (id) REFERENCES auth_user (id))",
        "CREATE TABLE django_migrations (id INT, app VARCHAR(255), name VARCHAR(255))",
    )
    return target


def content(mariadb: MariaDb, database: str) -> dict[str, str]:
    """All rows of all tables."""
    names = mariadb.sql(f"SHOW FULL TABLES FROM {database} WHERE Table_type = 'BASE TABLE'").splitlines()
    tables = [line.split("\t")[0] for line in names]
    quoted = {name: name.replace("`", "``") for name in tables}
    utf8 = "SET NAMES utf8mb4"
    return {
        name: mariadb.sql(utf8, f"SELECT * FROM {database}.`{each}` ORDER BY 1")
        for name, each in quoted.items()
    }


def test_every_row_comes_and_old_charsets_are_put_right(
    target: Target, mariadb: MariaDb, dump: bytes
) -> None:
    before = content(mariadb, "openedx")
    done = target.ask("load_mysql", gzip.compress(dump), databases=ALL, identity="1")["done"]
    assert (done["tables"], done["passed_over"]) == (TABLES, 0)
    assert {"auth_user: utf8mb3 became utf8mb4", "django_site: latin1 became utf8mb4"} <= {*done["mended"]}
    assert {*done["left_out"]} == {"view learners", "trigger tr"}
    assert content(mariadb, "openedx") == before, "nothing that is in use is touched"
    summary = target.ask("summary")["done"]["table"]
    assert summary["main.auth_user"]["rows"] == USERS
    assert summary["main.courseware_studentmodule"]["sums"]["student_id"] == str(MODULES * (MODULES + 1) // 2)
    hosts = {"learn.example.org": "campus.example.org", "studio.example.org": "studio.example.com"}
    changed = target.ask("switch", hosts=hosts)["done"]["hosts"]
    assert len(changed) == 4, changed
    now, there = content(mariadb, "openedx"), content(mariadb, "edxapp")
    assert {
        name: rows for name, rows in now.items() if name not in ("django_site", "oauth2_provider_application")
    } == {
        name: rows
        for name, rows in there.items()
        if name not in ("django_site", "oauth2_provider_application")
    }
    assert now["django_site"].replace("campus.", "learn.").replace(".com", ".org") == there["django_site"]
    uris = mariadb.sql(
        "SELECT redirect_uris FROM openedx.oauth2_provider_application ORDER BY id"
    ).splitlines()
    assert uris[0] == "https://studio.example.com/complete/edx-oauth2/"
    assert uris[1] == "https://elsewhere.org/a https://campus.example.org/b"
    text = mariadb.sql("SHOW CREATE TABLE openedx.student_courseenrollment")
    assert "REFERENCES `auth_user` (`id`)" in text, "it refers to the table in its own database"
    charsets = mariadb.sql(
        "SELECT DISTINCT table_collation FROM information_schema.tables WHERE table_schema = 'openedx' "
        "AND table_collation IS NOT NULL"
    )
    assert charsets.split() == ["utf8mb4_unicode_ci"]
    target.ask("clear")
    assert "openedx_import" not in mariadb.sql("SHOW DATABASES")


def test_killed_at_ten_points_and_gone_on(target: Target, mariadb: MariaDb, dump: bytes) -> None:
    before = content(mariadb, "openedx")
    seeded = random.Random(16)
    for after in sorted(seeded.randrange(len(dump)) for _ in range(10)):
        target.killed("load_mysql", dump, after, databases=ALL, identity="1")
    assert content(mariadb, "openedx") == before
    refused = target.ask("switch", hosts={})["refused"]
    assert "is not whole" in refused and "Nothing that is in use was changed" in refused
    done = target.ask("load_mysql", dump, databases=ALL, identity="1")["done"]
    assert done["tables"] + done["passed_over"] == TABLES and done["passed_over"] > 0
    assert "done" in target.ask("switch", hosts={})
    assert content(mariadb, "openedx") == content(mariadb, "edxapp")


def test_a_switch_that_was_killed_goes_on(target: Target, mariadb: MariaDb, dump: bytes) -> None:
    target.ask("load_mysql", dump, databases=ALL, identity="1")
    # As a kill leaves it between the two statements, and between one table and the next.
    record = "REPLACE INTO openedx_import._openedx_infra_import VALUES ('switch', '{}', '', '{}')"
    mariadb.sql(
        record.format("begun", '{"hosts": []}'), "SET foreign_key_checks=0", "DROP TABLE openedx.new_one"
    )
    assert "done" in target.ask("switch", hosts={})
    assert content(mariadb, "openedx") == content(mariadb, "edxapp")
    assert "done" in target.ask("switch", hosts={}), "once more changes nothing"
    assert content(mariadb, "openedx") == content(mariadb, "edxapp")


def test_another_source_is_loaded_anew(target: Target, dump: bytes) -> None:
    target.ask("load_mysql", dump, databases=ALL, identity="1")
    done = target.ask("load_mysql", dump, databases=ALL, identity="2")["done"]
    assert (done["tables"], done["passed_over"]) == (TABLES, 0)


@pytest.mark.parametrize("packed", [False, True])
def test_a_dump_that_is_cut_short(target: Target, dump: bytes, packed: bool) -> None:
    whole = gzip.compress(dump) if packed else dump
    refused = target.ask("load_mysql", whole[: len(whole) * 2 // 3], databases=ALL, identity="1")["refused"]
    assert "cut short" in refused and "dump again" in refused
    assert "is not whole" in target.ask("switch", hosts={})["refused"]


def test_a_dump_in_a_charset_that_loses_letters(target: Target, dump: bytes) -> None:
    wrong = dump.replace(b"SET NAMES utf8mb4", b"SET NAMES latin1")
    refused = target.ask("load_mysql", wrong, databases=ALL, identity="1")["refused"]
    assert "written in latin1" in refused and "--default-character-set=utf8mb4" in refused


def test_duplicates_are_all_named(target: Target, mariadb: MariaDb, dump: bytes) -> None:
    # To the old collation these are two words, to today's they are one.
    mariadb.sql(
        "SET NAMES utf8mb4",
        "CREATE OR REPLACE DATABASE doubled CHARACTER SET utf8mb4",
        "USE doubled",
        "CREATE TABLE a (id INT PRIMARY KEY, k VARCHAR(9), UNIQUE KEY ours (k)) COLLATE utf8mb4_general_ci",
        "CREATE TABLE b (id INT PRIMARY KEY, k VARCHAR(9), n INT, UNIQUE KEY pair (k, n))",
        "INSERT INTO a VALUES (1, 'ss'), (2, 'ß'), (3, 'y')",
        "INSERT INTO b VALUES (1, 'v', 1), (2, 'w', 2)",
    )
    text = dumped(mariadb, "doubled").replace(b"(2,'w',2)", b"(2,'w',2),(3,'w',2)")
    refused = target.ask("load_mysql", text, databases={"doubled": "main"}, identity="1")["refused"]
    assert "a, index ours of k: 2 times ss" in refused and "b, index pair of k, n: 2 times w, 2" in refused
    assert "settle on the old site" in refused
    mended = dumped(mariadb, "doubled").replace("(2,'ß')".encode(), b"(2,'z')")
    done = target.ask("load_mysql", mended, databases={"doubled": "main"}, identity="2")["done"]
    assert done["tables"] == 2


def test_several_databases_in_one_dump(target: Target, mariadb: MariaDb, dump: bytes, tmp_path: Path) -> None:
    history = "edxapp_csmh.coursewarehistoryextended_studentmodulehistoryextended"
    mariadb.sql(
        "CREATE OR REPLACE DATABASE edxapp_csmh",
        "CREATE OR REPLACE DATABASE other",
        "CREATE TABLE other.secret_one (id INT)",
        "USE edxapp_csmh",
        f"CREATE TABLE {history} (id BIGINT PRIMARY KEY, state LONGTEXT, grade DOUBLE)",
        f"INSERT INTO {history} SELECT seq, 'x', seq / 3 FROM seq_1_to_100",
    )
    text = dumped(mariadb, "--databases", "edxapp", "other", "edxapp_csmh")
    both = {"edxapp": "main", "edxapp_csmh": "history"}
    assert "history_database" in target.ask("load_mysql", text, databases=both, identity="1")["refused"]
    second = Target(tmp_path, mariadb, target.mongodb, history=True)
    second.prepare()
    done = second.ask("load_mysql", text, databases=both, identity="1")["done"]
    assert done["tables"] == TABLES + 1 and "database other" in done["left_out"]
    second.ask("switch", hosts={})
    assert content(mariadb, "openedx_history") == content(mariadb, "edxapp_csmh")
    assert content(mariadb, "openedx") == content(mariadb, "edxapp")


def test_the_second_database_is_folded_in(target: Target, mariadb: MariaDb, dump: bytes) -> None:
    columns = "version TEXT, created DATETIME(6), state TEXT, grade DOUBLE, max_grade DOUBLE"
    columns += ", student_module_id BIGINT"
    extended = "coursewarehistoryextended_studentmodulehistoryextended"
    values = "'v', '2026-01-02', CONCAT('s', seq), seq / 3, 10, seq"
    mariadb.sql(
        "CREATE OR REPLACE DATABASE edxapp_csmh",
        "USE edxapp_csmh",
        f"CREATE TABLE {extended} (id BIGINT PRIMARY KEY AUTO_INCREMENT, {columns})",
        f"INSERT INTO {extended} SELECT seq, {values} FROM seq_1_to_70",
        "CREATE TABLE django_migrations (id INT)",
        f"CREATE OR REPLACE TABLE edxapp.courseware_studentmodulehistory LIKE {extended}",
        f"INSERT INTO edxapp.courseware_studentmodulehistory SELECT seq, {values} FROM seq_1_to_30",
    )
    text = dumped(mariadb, "--databases", "edxapp", "edxapp_csmh")
    mariadb.sql("DROP TABLE edxapp.courseware_studentmodulehistory")
    both = {"edxapp": "main", "edxapp_csmh": "fold"}
    done = target.ask("load_mysql", text, databases=both, identity="1")["done"]
    assert done["tables"] == TABLES + 2
    assert "done" in target.ask("switch", hosts={}) and "done" in target.ask("switch", hosts={})
    rows = mariadb.sql(
        "SELECT COUNT(*), COUNT(DISTINCT id), SUM(student_module_id) "
        "FROM openedx.courseware_studentmodulehistory"
    )
    assert rows.split() == ["100", "100", str(70 * 71 // 2 + 30 * 31 // 2)]
    now = content(mariadb, "openedx")
    assert extended not in now and now["django_migrations"] == content(mariadb, "edxapp")["django_migrations"]


def test_a_user_without_the_right(target: Target, mariadb: MariaDb, dump: bytes) -> None:
    mariadb.sql(
        "REVOKE ALL ON `openedx\\_import`.* FROM openedx@'%'", "DROP DATABASE IF EXISTS openedx_import"
    )
    refused = target.ask("look")["refused"]
    assert "GRANT ALL PRIVILEGES ON `openedx\\_import`.* TO 'openedx'@'%'" in refused


def test_what_is_in_use_is_told(target: Target, mariadb: MariaDb) -> None:
    found = target.ask("look")["done"]
    assert found["used"] == {} and found["mysql"] == "openedx" and found["staged"]["table"] == {}
    table = "openedx.student_courseenrollment"
    mariadb.sql(f"CREATE TABLE {table} (id INT)", f"INSERT INTO {table} VALUES (1), (2)")
    assert target.ask("look")["done"]["used"] == {"student_courseenrollment": 2}
