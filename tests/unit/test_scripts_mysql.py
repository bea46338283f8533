"""mysql_provision.sh makes what the platform needs, whatever the server already has.

The shell is real, the server is not (tests/data/fake_mysql.py); the script was tried on MariaDB 10.11 by
hand.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import settings_case as case

from openedx_infra import scripts


class Server:
    """A server, the secrets of a Job, and the Job."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state_file = folder / "state.json"
        self.secrets = folder / "secrets"
        self.secrets.mkdir()
        for name in ("mysql", "mysqladmin"):
            program = folder / "bin" / name
            program.parent.mkdir(exist_ok=True)
            source = (case.DATA / "fake_mysql.py").read_text(encoding="utf-8")
            program.write_text(f"#!{sys.executable}\n{source}", encoding="utf-8")
            program.chmod(0o755)
        for name, text in scripts.whole("mysql_provision.sh").items():
            (folder / name).write_text(text, encoding="utf-8")
        self.start(root="root-1")
        self.tell(mysql_root_password="root-1", mysql_password="app-1")

    def start(self, root: str, version: str = "8.4.11", down: int = 0, partial_revokes: str = "OFF") -> None:
        accounts = {"root": {"passwords": [root]}}
        state = {"accounts": accounts, "databases": {}, "grants": {}, "sql": [], "calls": [], "pings": 0}
        self.state_file.write_text(
            json.dumps({**state, "version": version, "down": down, "partial_revokes": partial_revokes}),
            encoding="utf-8",
        )

    def tell(self, **secrets: str) -> None:
        for name, value in secrets.items():
            (self.secrets / name).write_text(value, encoding="utf-8")

    @property
    def state(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.state_file.read_text(encoding="utf-8"))
        return loaded

    def run(self, **environment: str) -> subprocess.CompletedProcess[str]:
        known = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "FAKE_MYSQL": str(self.state_file),
            "SECRETS_DIR": str(self.secrets),
            "MYSQL_HOST": "mysql",
            "MYSQL_PORT": "3306",
            "DATABASE": "open_edx",
            "DATABASE_USER": "openedx",
            "ATTEMPTS": "2",
            "PAUSE_SECONDS": "0",
        }
        command = ["bash", str(self.folder / "mysql_provision.sh")]
        return subprocess.run(
            command, env={**known, **environment}, capture_output=True, text=True, timeout=60
        )

    def succeeds(self) -> str:
        done = self.run()
        assert done.returncode == 0, done.stderr + done.stdout
        assert done.stdout.endswith("mysql_provision: done\n")
        return done.stdout


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def test_an_empty_server_gets_database_and_user(server: Server) -> None:
    server.succeeds()
    assert server.state["databases"] == {"open_edx": "CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"}
    assert server.state["accounts"]["openedx"]["passwords"] == ["app-1"]
    # An underscore would stand for any character.
    assert server.state["grants"] == {"openedx": [r"open\_edx", r"open\_edx\_import"]}


def test_where_rights_can_be_revoked_in_part_an_underscore_stands_for_itself(server: Server) -> None:
    server.start(root="root-1", partial_revokes="ON")
    server.succeeds()
    assert server.state["grants"] == {"openedx": ["open_edx", "open_edx_import"]}


def test_a_second_run_changes_nothing(server: Server) -> None:
    server.succeeds()
    before = server.state
    output = server.succeeds()
    after = server.state
    assert {name: before[name] for name in ("accounts", "databases", "grants")} == {
        name: after[name] for name in ("accounts", "databases", "grants")
    }
    assert "changed" not in output
    assert not [sql for sql in after["sql"][len(before["sql"]) :] if sql.startswith("ALTER")]


def test_a_changed_password_leaves_the_former_one_valid(server: Server) -> None:
    server.succeeds()
    server.tell(mysql_password="app-2")
    assert "the password of openedx was changed" in server.succeeds()
    assert server.state["accounts"]["openedx"]["passwords"] == ["app-2", "app-1"]
    server.tell(mysql_password="app-3")
    server.succeeds()
    assert server.state["accounts"]["openedx"]["passwords"] == ["app-3", "app-2"]


def test_mariadb_changes_a_password_plainly(server: Server) -> None:
    server.start(root="root-1", version="10.11.19-MariaDB-0+deb12u1")
    server.succeeds()
    server.tell(mysql_password="app-2")
    server.succeeds()
    assert server.state["accounts"]["openedx"]["passwords"] == ["app-2"]


def test_root_s_password_is_rotated(server: Server) -> None:
    server.tell(mysql_root_password="root-2", mysql_root_password_previous="root-1")
    assert "the password of root was changed" in server.succeeds()
    assert server.state["accounts"]["root"]["passwords"] == ["root-2"]
    assert "changed" not in server.succeeds()


@pytest.mark.parametrize("previous", [None, "root-0"])
def test_an_unknown_root_password_is_an_error_with_a_remedy(server: Server, previous: str | None) -> None:
    server.tell(mysql_root_password="root-9")
    if previous:
        server.tell(mysql_root_password_previous=previous)
    done = server.run()
    assert done.returncode == 1
    assert "put back the password that it has" in done.stderr
    assert "2 of 4" in done.stdout and "3 of 4" not in done.stdout
    assert server.state["databases"] == {}


def test_it_waits_for_the_server(server: Server) -> None:
    server.start(root="root-1", down=1)
    server.succeeds()
    assert server.state["pings"] == 2


def test_a_server_that_never_answers_is_an_error(server: Server) -> None:
    server.start(root="root-1", down=99)
    done = server.run()
    assert done.returncode == 1
    assert "no server answers at mysql:3306" in done.stderr


def test_a_missing_parameter_is_an_error(server: Server) -> None:
    assert server.run(DATABASE="").returncode != 0
    assert server.state["calls"] == []


@pytest.mark.parametrize("password", ["it's", 'say "x"', "back\\slash", "$HOME `id` %s", "a b"])
def test_any_password_arrives_as_it_is(server: Server, password: str) -> None:
    server.start(root=password)
    server.tell(mysql_root_password=password, mysql_password=password)
    server.succeeds()
    assert server.state["accounts"]["openedx"]["passwords"] == [password]


def test_no_password_is_in_arguments_environment_or_output(server: Server) -> None:
    server.tell(mysql_root_password="root-2", mysql_root_password_previous="root-1")
    output = server.succeeds()
    seen = json.dumps(server.state["calls"]) + output
    assert len(server.state["calls"]) > 5
    assert not [secret for secret in ("root-1", "root-2", "app-1") if secret in seen]


def test_errors_don_t_repeat_statements(server: Server) -> None:
    """MariaDB's client prints the statement that failed, with the password in it."""
    client = """#!/bin/sh
sql=$(cat)
case $sql in *"IDENTIFIED BY"*) ;; *) exit 0 ;; esac
printf '%s\\n' -------------- "$sql" -------------- "ERROR 1290 (HY000): read-only" >&2
exit 1
"""
    (server.folder / "bin" / "mysql").write_text(client, encoding="utf-8")
    done = server.run()
    assert done.returncode == 1
    assert "ERROR 1290 (HY000): read-only" in done.stderr
    assert "app-1" not in done.stderr + done.stdout
