"""The shells of databases log in by mounted files, and the password is in no argument and no environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from authority import Authority
from servers import HOST, MariaDb, demand_modules

from openedx_infra import scripts
from openedx_infra.config import load
from openedx_infra.operations.pods import shells
from openedx_infra.settings.connections import Endpoint, Mongodb, Mysql, Tls
from openedx_infra.settings.datastores.mongodb import mongodb, mongodb_secrets
from openedx_infra.settings.datastores.mysql import mysql, mysql_secrets

pytestmark = pytest.mark.parts

PASSWORD = "p\"a'ss\\w#rd;"
IN_PLATFORM = Path(scripts.__file__).parent / "in_platform"
ASK = r"""SELECT CURRENT_USER(), DATABASE();
\! tr '\0' ' ' </proc/$PPID/cmdline
\! tr '\0' ' ' </proc/$PPID/environ
"""


def run(command: list[str], home: Path, said: str) -> str:
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        command, input=said, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def literal(text: str) -> str:
    """A text for SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def test_root_s_shell_in_the_server_s_own_pod(mariadb: MariaDb, tmp_path: Path) -> None:
    mariadb.sql(
        "CREATE DATABASE openedx",
        f"ALTER USER root@localhost IDENTIFIED BY {literal(PASSWORD)}",
    )
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / ".my.cnf").write_text(f"[client]\nsocket={mariadb.socket}\n")
    stack = load("campus", {"site": {"lms_host": "learn.example.org"}})
    component, command = shells.sql(stack)
    assert component == "mysql"
    command = [part.replace("/run/secrets/mysql", str(tmp_path)) for part in command]
    written = run(command, tmp_path, ASK)
    assert "root@localhost\topenedx" in written
    assert "--defaults-extra-file=/dev/fd/" in written
    assert "ss" + chr(92) + "w#rd" not in written
    (tmp_path / "password").write_text("wrong")
    with pytest.raises(AssertionError, match="Access denied"):
        run(command, tmp_path, ASK)


def test_the_platform_s_shell_on_another_server(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, tmp_path: Path
) -> None:
    server = MariaDb(tmp_path_factory.mktemp("other"))
    server.start(authority.issue())
    try:
        server.sql(
            "CREATE DATABASE campus",
            f"CREATE USER campus@'%' IDENTIFIED BY {literal(PASSWORD)} REQUIRE SSL",
            "GRANT ALL ON campus.* TO campus@'%'",
        )
        known = Mysql(
            endpoint=Endpoint(host=HOST, port=server.port),
            database="campus",
            user="campus",
            tls=Tls(verify="full", ca=str(authority.certificate)),
        )
        command = written(
            tmp_path, "sql_shell.py", mysql(known), mysql_secrets(known, {"mysql_password": PASSWORD})
        )
        heard = run(command, tmp_path, ASK)
        assert "campus@%\tcampus" in heard
        assert "--defaults-extra-file=/proc/self/fd/" in heard
        assert "ss" + chr(92) + "w#rd" not in heard
    finally:
        server.stop()


def written(folder: Path, script: str, plain: object, secret: object, *options: str) -> list[str]:
    """A command of the shells with the settings in files, as they are mounted in a pod."""
    for name, settings in (("plain.yml", plain), ("secret.yml", secret)):
        (folder / name).write_text(yaml.safe_dump(settings))
    text = (IN_PLATFORM / script).read_text(encoding="utf-8")
    return [sys.executable, *options, "-c", text, str(folder / "plain.yml"), str(folder / "secret.yml")]


def test_without_a_client_it_is_told_how_to_get_one(tmp_path: Path) -> None:
    command = written(tmp_path, "sql_shell.py", {}, {})
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "has no MySQL client" in done.stderr and "apt_packages" in done.stderr
    assert "Traceback" not in done.stderr


def test_python_s_shell_on_mongodb(tmp_path: Path) -> None:
    demand_modules("pymongo")
    known = Mongodb(
        members=(Endpoint(host="127.0.0.1", port=1),), database="campus", user="campus", auth_database="admin"
    )
    secret = mongodb_secrets(known, {"mongodb_password": PASSWORD})
    command = written(tmp_path, "mongo_shell.py", mongodb(known), secret, "-i")
    said = (
        "import sys\nprint(client.HOST, db.name, client.options.pool_options._credentials.password)\n"
        "print(open('/proc/self/environ').read())\nprint('said' in globals())\n"
    )
    heard = run(command, tmp_path, said)
    assert f"localhost campus {PASSWORD}" in heard
    assert "False" in heard
    assert heard.count(PASSWORD) == 1
