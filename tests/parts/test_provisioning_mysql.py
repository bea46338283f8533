"""mysql_provision.sh does on a real server what its Job must.

MariaDB over TLS, by an administrator who is not called root.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from authority import Authority
from servers import HOST, MariaDb

from openedx_infra import scripts

pytestmark = pytest.mark.parts

BOSS, APP = 'b0ss\'s "word"', "app \\ wörd '1'"
ACCOUNTS = "DROP USER IF EXISTS boss@'%', openedx@'%'"


@pytest.fixture
def server(mariadb: MariaDb, authority: Authority) -> Iterator[MariaDb]:
    """As a provider hands it over: only encrypted connections, and an administrator who is not almighty."""
    mariadb.sql(
        *(f"DROP DATABASE IF EXISTS {name}" for name in ("open_edx", "openXedx", "history")),
        ACCOUNTS,
        f"CREATE USER boss@'%' IDENTIFIED BY {_literal(BOSS)} REQUIRE SSL",
        "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, "
        "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, "
        "CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER, CREATE USER, DELETE HISTORY "
        "ON *.* TO boss@'%' WITH GRANT OPTION",
    )
    yield mariadb
    mariadb.certify(authority.issue())
    mariadb.sql(ACCOUNTS)


class Job:
    """The script, told what its Job is told."""

    def __init__(self, folder: Path, port: int, ca: Path) -> None:
        self.folder, self.secrets = folder, folder / "secrets"
        self.secrets.mkdir()
        self.environment = {
            "MYSQL_HOST": HOST,
            "MYSQL_PORT": str(port),
            "DATABASE": "open_edx",
            "DATABASE_USER": "openedx",
            "HISTORY_DATABASE": "history",
            "HISTORY_HOST": "",
            "HISTORY_PORT": "",
            "ADMIN_USER": "boss",
            "OWN_SERVER": "false",
            "TLS_VERIFY": "full",
            "TLS_CA": str(ca),
            "TLS_CERTIFICATE": "",
            "TLS_KEY": "",
            "SECRETS_DIR": str(self.secrets),
            "ATTEMPTS": "2",
            "PAUSE_SECONDS": "0",
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
        }
        self.tell(mysql_root_password=BOSS, mysql_password=APP)

    def tell(self, **secrets: str) -> None:
        for name, value in secrets.items():
            (self.secrets / name).write_text(value, encoding="utf-8")

    def run(self, **changed: str) -> subprocess.CompletedProcess[str]:
        script = self.folder / "mysql_provision.sh"
        for name, text in scripts.whole(script.name).items():
            (self.folder / name).write_text(text, encoding="utf-8")
        environment = self.environment | changed
        done = subprocess.run(
            ["bash", str(script)], env=environment, capture_output=True, text=True, timeout=60
        )
        for path in self.secrets.iterdir():
            assert path.read_text() not in done.stdout + done.stderr
        return done

    def succeeds(self, **changed: str) -> str:
        done = self.run(**changed)
        assert done.returncode == 0, done.stderr + done.stdout
        assert done.stdout.endswith("mysql_provision: done\n")
        return done.stdout


@pytest.fixture
def job(tmp_path: Path, server: MariaDb, authority: Authority) -> Job:
    return Job(tmp_path, server.port, authority.certificate)


def test_databases_and_user_are_made_and_a_second_run_changes_nothing(server: MariaDb, job: Job) -> None:
    assert "changed" not in job.succeeds()
    made = _state(server)
    assert "open_edx\tutf8mb4\tutf8mb4_unicode_ci" in made and "history\tutf8mb4\tutf8mb4_unicode_ci" in made
    assert "changed" not in job.succeeds()
    assert _state(server) == made


def test_the_user_may_do_all_in_its_databases_and_nothing_beside_them(server: MariaDb, job: Job) -> None:
    job.succeeds()
    server.sql("CREATE DATABASE openXedx", "CREATE TABLE openXedx.theirs (id INT)")
    for database in ("open_edx", "history"):
        assert _as_user(server, f"CREATE TABLE {database}.t (id INT); DROP TABLE {database}.t") == ""
    # An underscore that is not escaped would mean this one, too.
    assert "denied" in _as_user(server, "SELECT * FROM openXedx.theirs")
    assert "denied" in _as_user(server, "SELECT * FROM mysql.user")
    assert "denied" in _as_user(server, "CREATE DATABASE more")


def test_a_rotated_password_is_set(server: MariaDb, job: Job) -> None:
    job.succeeds()
    job.tell(mysql_password="another")
    assert "the password of openedx was changed" in job.succeeds()
    assert _as_user(server, "SELECT 1", "another") == "1\n"
    assert "denied" in _as_user(server, "SELECT 1", APP)


def test_the_password_of_a_foreign_administrator_is_never_changed(server: MariaDb, job: Job) -> None:
    job.tell(mysql_root_password="another", mysql_root_password_previous=BOSS)
    done = job.run()
    assert done.returncode == 1 and "boss can't log in at 127.0.0.1 (ERROR 1045" in done.stderr
    assert "open_edx" not in _state(server)


def test_the_password_of_our_own_administrator_is_rotated(server: MariaDb, job: Job) -> None:
    job.tell(mysql_root_password="another", mysql_root_password_previous=BOSS)
    assert "the password of boss was changed" in job.succeeds(OWN_SERVER="true")
    assert "changed" not in job.succeeds(OWN_SERVER="true")


def test_history_on_a_server_of_its_own(server: MariaDb, job: Job) -> None:
    """The same server by another name is another one to the script."""
    said = job.succeeds(
        HISTORY_HOST="127.0.0.2", HISTORY_PORT=str(server.port), TLS_VERIFY="none", MYSQL_HOST=HOST
    )
    assert f"waiting for {HOST}:{server.port}" in said and f"waiting for 127.0.0.2:{server.port}" in said
    assert "history\tutf8mb4" in _state(server)


def test_a_server_that_proves_to_be_another_gets_no_password(
    server: MariaDb, job: Job, authority: Authority, tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    done = job.run(TLS_CA=str(Authority(stranger).certificate))
    assert done.returncode == 1 and "ERROR 2026" in done.stderr
    server.certify(authority.issue("db.example.org"))
    done = job.run()
    assert done.returncode == 1 and "ERROR 2026" in done.stderr
    assert "open_edx" not in _state(server)


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _state(server: MariaDb) -> str:
    return server.sql(
        "SELECT schema_name, default_character_set_name, default_collation_name "
        "FROM information_schema.schemata ORDER BY 1",
        "SELECT user, host, plugin, authentication_string FROM mysql.user ORDER BY 1, 2",
        "SELECT * FROM mysql.db ORDER BY 1, 2, 3",
    )


def _as_user(server: MariaDb, sql: str, password: str = APP) -> str:
    done = subprocess.run(
        [
            "mysql",
            "--no-defaults",
            f"--host={HOST}",
            f"--port={server.port}",
            "--user=openedx",
            "-N",
            "-e",
            sql,
        ],
        env={"PATH": os.environ["PATH"], "MYSQL_PWD": password},
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr
