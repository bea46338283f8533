"""Masking on a real server: no name, address or text of a learner is left anywhere, and all joins hold."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from servers import HOST, SYSTEM_PYTHON, MariaDb, demand_modules

from openedx_infra import scripts
from openedx_infra.scripts.backup import masked_columns

pytestmark = pytest.mark.parts

DATABASE = "masked"
NAME, STREET, IP = "Zebedee Quux", "12 Marl Street", "198.51.100.77"
TEXT = f"I am {NAME} of {STREET}, write to zebedee1@quux.example"
LEARNERS = 5
VALUES: Mapping[str, str] = {
    "username": "'zebedee{n}'",
    "email": "'Zebedee{n}@Quux.example'",
    "name": f"'{NAME} {{n}}'",
    "uuid": "MD5({n})",
    "token": "'zebedee-token-{n}'",
    "unusable": "'pbkdf2_sha256$zebedee{n}'",
    "ip": f"'{IP}'",
    "object": f'\'{{{{"said": "{TEXT}"}}}}\'',
    "list": f"'[\"{NAME}\"]'",
    "answer": f'\'{{{{"parts": [{{{{"text": "{TEXT}"}}}}]}}}}\'',
    "text": f"'{TEXT}'",
    "empty": f"'{STREET}'",
    "null": f"'{STREET}'",
    "keep": "'a title'",
}
TYPES = {
    "username": "VARCHAR(150) NOT NULL UNIQUE",
    "email": "VARCHAR(254) NOT NULL UNIQUE",
    "uuid": "CHAR(32)",
    "object": "JSON",
    "null": "LONGTEXT NULL",
}
OTHERS = """
CREATE TABLE course (id INT PRIMARY KEY AUTO_INCREMENT, title VARCHAR(99), changed_by_id INT NULL,
  FOREIGN KEY (changed_by_id) REFERENCES auth_user (id));
CREATE TABLE enrolment (id INT PRIMARY KEY AUTO_INCREMENT, user_id INT NOT NULL,
  FOREIGN KEY (user_id) REFERENCES auth_user (id));
CREATE TABLE attribute (id INT PRIMARY KEY AUTO_INCREMENT, enrolment_id INT NOT NULL,
  FOREIGN KEY (enrolment_id) REFERENCES enrolment (id));
CREATE TABLE `odd ``%name` (id INT PRIMARY KEY, `a b` VARCHAR(99), contact_email VARCHAR(99), sent TINYINT);
CREATE TABLE plugin_notes (id INT PRIMARY KEY, note LONGTEXT, address VARCHAR(99) UNIQUE);
CREATE TABLE course_overviews_courseoverview (id INT PRIMARY KEY, about LONGTEXT);
CREATE TABLE completion_blockcompletion (id INT PRIMARY KEY, user_id INT);
CREATE TABLE django_site (id INT PRIMARY KEY, domain VARCHAR(100) UNIQUE, name VARCHAR(50));
CREATE TABLE site_configuration_siteconfiguration (id INT PRIMARY KEY, site_values LONGTEXT);
INSERT INTO course (title, changed_by_id) SELECT 'A course', 1 + seq FROM seq_1_to_5;
INSERT INTO enrolment VALUES (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 1), (7, 7);
INSERT INTO attribute VALUES (1, 1), (2, 2), (6, 6);
INSERT INTO completion_blockcompletion VALUES (1, 2);
INSERT INTO course_overviews_courseoverview VALUES (1, 'Ask office@campus.example');
INSERT INTO django_site VALUES (1, 'learn.example.org', 'Campus'), (2, 'other.example.org', 'x');
INSERT INTO site_configuration_siteconfiguration
  VALUES (1, '{"LMS_BASE": "learn.example.org", "CMS": "https://studio.learn.example.org/"}');
"""


@pytest.fixture
def run(mariadb: MariaDb, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs words of the package `backup` on a database with tables of all learners' data, each filled."""
    demand_modules("MySQLdb")
    mariadb.sql(
        f"DROP DATABASE IF EXISTS {DATABASE}",
        f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4",
        "DROP USER IF EXISTS masker@'%'",
        "CREATE USER masker@'%' IDENTIFIED BY 'a word'",
        f"GRANT ALL PRIVILEGES ON {DATABASE}.* TO masker@'%'",
    )
    statements = [f"USE {DATABASE}", "SET NAMES utf8mb4"]
    for table, columns in masked_columns.columns().items():
        typed = "".join(f", `{name}` {TYPES.get(word, 'LONGTEXT')}" for name, word in columns.items())
        statements.append(f"CREATE TABLE {table} (id INT PRIMARY KEY{typed})")
        for n in range(1, LEARNERS + 1):
            values = ", ".join(VALUES[word].format(n=n) for word in columns.values())
            statements.append(f"INSERT INTO {table} VALUES ({n + 1}, {values})")
    for table in masked_columns.EMPTIED:
        statements += [
            f"CREATE TABLE {table} (id INT, what LONGTEXT)",
            f"INSERT INTO {table} VALUES (1, '{TEXT}')",
        ]
    statements += [
        "INSERT INTO auth_user VALUES (1, 'cms', 'cms@learn.example.org', '', '', '!x')",
        "INSERT INTO auth_user VALUES (7, 'anna', 'anna@campus.example', 'A', 'B', 'pbkdf2$anna')",
        *OTHERS.replace("\n", " ").strip().rstrip(";").split(";"),
        f"INSERT INTO `odd ``%name` VALUES (1, '{TEXT}', 'zebedee1@quux.example', 1)",
        f"INSERT INTO plugin_notes VALUES (1, '{TEXT.replace(NAME, 'x').replace(STREET, 'y')}', "
        "'zebedee1@quux.example'), (2, 'no address', 'zebedee2@quux.example')",
        "UPDATE `odd ``%name` SET `a b` = 'by zebedee3@quux.example (1%)'",
    ]
    mariadb.sql(*statements)
    (tmp_path / "backup").mkdir()
    for name, text in scripts.package("backup").items():
        (tmp_path / "backup" / name).write_text(text, encoding="utf-8")
    (tmp_path / "mysql_password").write_text("a word")
    alias = {"HOST": HOST, "PORT": mariadb.port, "USER": "masker", "NAME": DATABASE, "OPTIONS": {}}
    (tmp_path / "backup.json").write_text(json.dumps({"instance": "x", "mysql": {"main": alias}}))

    def words(*said: str, **env: str) -> subprocess.CompletedProcess[str]:
        folders = {"PYTHONPATH": tmp_path, "SECRETS_DIR": tmp_path, "PARAMETERS_DIR": tmp_path}
        return subprocess.run(
            [SYSTEM_PYTHON, "-m", "backup", *said],
            env={"PATH": os.environ["PATH"], **{key: str(path) for key, path in folders.items()}, **env},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return words


def everything(server: MariaDb) -> str:
    """All rows of all tables, as a dump has them."""
    command = ["mysqldump", "--no-defaults", f"--socket={server.socket}", "--user=root", DATABASE]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def one(server: MariaDb, query: str) -> str:
    """The answer to a query, without line end."""
    return server.sql(f"USE {DATABASE}", query).strip()


def counts(server: MariaDb) -> dict[str, int]:
    """Rows by table."""
    names = [table.replace("`", "``") for table in one(server, "SHOW TABLES").splitlines()]
    rows = one(server, " UNION ALL ".join(f"SELECT '{name}', COUNT(*) FROM `{name}`" for name in names))
    return {name: int(count) for name, count in (line.split("\t") for line in rows.splitlines())}


def test_nothing_of_a_learner_is_left_and_joins_hold(
    mariadb: MariaDb, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    before, text = counts(mariadb), everything(mariadb)
    assert all(each in text for each in (NAME, STREET, IP, "@quux.example", "zebedee-token", "pbkdf2$anna"))
    joined = "SELECT COUNT(*) FROM auth_user JOIN {} ON auth_user.username = {}"
    other = ("forum_comment", "forum_comment.author_username")
    assert one(mariadb, joined.format(*other)) == str(LEARNERS)
    done = run("mask", "hosts", MASK="learners", KEEP="anna")
    assert done.returncode == 0, done.stdout + done.stderr
    after = everything(mariadb)
    for seed in (NAME, "Zebedee", "zebedee", STREET, IP, "uux.example"):
        assert seed not in after, next(line for line in after.splitlines() if seed in line)[:300]
    assert counts(mariadb) == {**before, **dict.fromkeys(masked_columns.EMPTIED, 0)}
    assert one(mariadb, joined.format(*other)) == str(LEARNERS)
    mail = "student_courseenrollmentallowed ON student_courseenrollmentallowed.email = auth_user.email"
    assert one(mariadb, f"SELECT COUNT(*) FROM auth_user JOIN {mail}") == str(LEARNERS)
    assert one(mariadb, "SELECT COUNT(DISTINCT email) FROM auth_user") == str(LEARNERS + 2)
    assert "anna@campus.example" in after and "pbkdf2$anna" in after and "cms@learn.example.org" in after
    assert one(mariadb, "SELECT COUNT(*) FROM auth_user WHERE password LIKE '!%'") == str(LEARNERS + 1)
    assert "Ask office@campus.example" in after
    assert "addresses that authors wrote are left: course_overviews_courseoverview.about" in done.stdout
    assert "odd `%name.contact_email" in done.stdout and "plugin_notes.note (1)" in done.stdout
    assert "(1%)" in after


def test_the_masked_values_differ_from_run_to_run(
    mariadb: MariaDb, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    assert run("mask", MASK="learners").returncode == 0
    once = one(mariadb, "SELECT email FROM auth_user WHERE id = 2")
    assert once.endswith("@masked.invalid")
    assert run("mask", MASK="learners").returncode == 0
    assert one(mariadb, "SELECT email FROM auth_user WHERE id = 2") != once


def test_somebody_to_be_kept_who_is_not_there_changes_nothing(
    mariadb: MariaDb, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    before = everything(mariadb).rpartition("-- Dump completed")[0]
    done = run("mask", MASK="learners", KEEP="nobody")
    assert done.returncode == 1 and "there is no user nobody, who is to be kept" in done.stdout
    assert everything(mariadb).rpartition("-- Dump completed")[0] == before


def test_content_alone_has_no_learner(
    mariadb: MariaDb, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = run("mask", MASK="content", KEEP="anna")
    assert done.returncode == 0, done.stdout + done.stderr
    assert one(mariadb, "SELECT GROUP_CONCAT(username ORDER BY id) FROM auth_user") == "cms,anna"
    assert one(mariadb, "SELECT COUNT(*), COUNT(changed_by_id) FROM course") == "5\t0"
    assert one(mariadb, "SELECT GROUP_CONCAT(user_id ORDER BY id) FROM enrolment") == "1,7"
    assert one(mariadb, "SELECT GROUP_CONCAT(enrolment_id) FROM attribute") == "6"
    for table in ("completion_blockcompletion", "submissions_submission", "forum_comment"):
        assert one(mariadb, f"SELECT COUNT(*) FROM {table}") == "0", table
    assert one(mariadb, "SELECT about FROM course_overviews_courseoverview") == "Ask office@campus.example"


def test_hosts_are_put_in_the_place_of_others(
    mariadb: MariaDb, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    pairs = "learn.example.org=staging.test.org studio.learn.example.org=studio.test.org"
    done = run("hosts", HOSTS=pairs)
    assert done.returncode == 0, done.stdout + done.stderr
    assert one(mariadb, "SELECT GROUP_CONCAT(domain ORDER BY id) FROM django_site") == (
        "staging.test.org,other.example.org"
    )
    values = json.loads(one(mariadb, "SELECT site_values FROM site_configuration_siteconfiguration"))
    assert values == {"LMS_BASE": "staging.test.org", "CMS": "https://studio.test.org/"}
    assert "hosts changed in django_site.domain: 1 rows" in done.stdout
    taken = run("hosts", HOSTS="staging.test.org=other.example.org")
    assert taken.returncode == 1 and "django_site.domain can't become other.example.org" in taken.stdout
    assert one(mariadb, "SELECT domain FROM django_site WHERE id = 1") == "staging.test.org"


def test_without_a_word_nothing_happens(
    mariadb: MariaDb, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    before = everything(mariadb).rpartition("-- Dump completed")[0]
    assert run("mask", "hosts").returncode == 0
    assert everything(mariadb).rpartition("-- Dump completed")[0] == before
