"""What set-up of companion services does on a real MariaDB: databases, users, and who reaches what; and the
Jobs of Xqueue, with a Django project in place of its code."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from servers import HOST, SYSTEM_PYTHON, MariaDb, demand_modules
from services_on import SERVICES, smallest

from openedx_infra import testing
from openedx_infra.config import Stack
from openedx_infra.config.services.definition import MysqlDatabase
from openedx_infra.config.services.registry import companions
from openedx_infra.operations.offline.recording import Graph

pytestmark = pytest.mark.parts

LIBRARIES = Path(django.__file__).parents[1]
"""Django of the tests, for the system's Python, which has MySQL's client: Django is Python alone."""
ADMINISTRATOR = "warden"
"""As whom Jobs log in here: this server's root has no password."""
GRADERS = ["python_grader", "sql_grader"]


class Instance:
    """A stack with all services, its values, and the scripts of its Jobs, on the machine of the tests."""

    def __init__(self, folder: Path, server: MariaDb, **xqueue: Any) -> None:
        self.folder, self.server = folder, server
        self.stack = testing.stack({**smallest(), "xqueue": xqueue})
        self.values = testing.stand_ins(self.stack)
        self.graph = testing.graph(self.stack, self.values)

    @property
    def databases(self) -> list[tuple[str, MysqlDatabase]]:
        """Each with the Job that makes it."""
        return [
            (f"{each.name}-{f'{number}-' if number > 1 else ''}mysql-provision", database)
            for each in companions(self.stack)
            for number, database in enumerate(each.service.databases_of(self.stack, each.section), 1)
        ]

    def provision(self, job: str) -> subprocess.CompletedProcess[str]:
        """Run a Job that makes a database, with the files, the secrets and the environment that it has."""
        folder = self.folder / job
        folder.mkdir(exist_ok=True)
        for kind, name, data in (("ConfigMap", "script", "data"), ("Secret", "secrets", "stringData")):
            for file, text in testing.resource(self.graph, kind, f"{job}-{name}")[data].items():
                (folder / file).write_text(text, encoding="utf-8")
        [container] = testing.resource(self.graph, "Job", job)["spec"]["template"]["spec"]["containers"]
        assert container["command"][1].endswith("/mysql_provision.sh")
        own = {each["name"]: each.get("value", "") for each in container["env"]}
        environment = own | {
            "MYSQL_HOST": HOST,
            "MYSQL_PORT": str(self.server.port),
            "ADMIN_USER": ADMINISTRATOR,
            "TLS_VERIFY": "none",
            "SECRETS_DIR": str(folder),
            "ATTEMPTS": "2",
            "PAUSE_SECONDS": "0",
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
        }
        script = str(folder / "mysql_provision.sh")
        done = subprocess.run(["bash", script], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not any(self.values[name] in done.stdout + done.stderr for name in self.values)
        return done

    def ask(self, database: MysqlDatabase, sql: str) -> str:
        """What a service's user is told, by its own password."""
        command = ["mysql", "--no-defaults", f"--host={HOST}", f"--port={self.server.port}"]
        command += [f"--user={database.user}", "--batch", "-N", "--skip-ssl", "-e", sql]
        environment = {**os.environ, "MYSQL_PWD": self.values[database.secret]}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr


@pytest.fixture
def instance(mariadb: MariaDb, tmp_path: Path) -> Iterator[Instance]:
    made = Instance(tmp_path, mariadb, graders=GRADERS)
    password = made.values["mysql_root_password"]
    mariadb.sql(
        f"CREATE USER {ADMINISTRATOR}@'%' IDENTIFIED BY '{password}'",
        f"GRANT ALL ON *.* TO {ADMINISTRATOR}@'%' WITH GRANT OPTION",
    )
    yield made
    mariadb.sql(
        f"DROP USER {ADMINISTRATOR}@'%'",
        *(f"DROP USER IF EXISTS {each.user}@'%'" for _, each in made.databases),
        *(f"DROP DATABASE IF EXISTS {each.database}" for _, each in made.databases),
    )


def test_each_service_has_its_database_and_reaches_no_other(instance: Instance) -> None:
    assert {job.partition("-")[0] for job, _ in instance.databases} < set(SERVICES)
    for job, _ in instance.databases:
        instance.provision(job)
    for job, database in instance.databases:
        assert "changed" not in instance.provision(job).stdout, "the second run has nothing to do"
        own = f"{database.database}.t"
        assert instance.ask(database, f"CREATE TABLE {own} (id INT); DROP TABLE {own}") == ""
        for _, other in instance.databases:
            if other.database != database.database:
                assert "denied" in instance.ask(database, f"CREATE TABLE {other.database}.t (id INT)")
        assert "denied" in instance.ask(database, "SELECT * FROM mysql.user")


class Xqueue:
    """A Django project with the settings module, the settings and the scripts that Xqueue's Jobs have."""

    def __init__(self, instance: Instance) -> None:
        demand_modules("MySQLdb")
        self.instance, self.folder = instance, instance.folder / "xqueue"
        (self.folder / "xqueue").mkdir(parents=True)
        (self.folder / "xqueue" / "__init__.py").write_text("")
        (self.folder / "xqueue" / "settings.py").write_text(
            'INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"]\n'
            'DEFAULT_AUTO_FIELD = "django.db.models.AutoField"\nUSE_TZ = True\n'
            # Django's own takes a second of CPU for each password.
            'PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]\n'
        )
        self.configure(instance.stack, instance.graph)

    def configure(self, stack: Stack, graph: Graph) -> None:
        """Write the files that its pods mount."""
        settings = json.loads(testing.config_file(graph, "xqueue", "/openedx/secrets/xqueue.json"))
        default = settings["DATABASES"]["default"]
        default |= {"HOST": HOST, "PORT": str(self.instance.server.port)}
        file = self.folder / "xqueue.json"
        file.write_text(json.dumps(settings), encoding="utf-8")
        for name in ("openedx_infra_xqueue.py", "users.py"):
            text = testing.config_file(graph, "xqueue", f"/openedx/config/{name}")
            text = text.replace("/openedx/secrets/xqueue.json", str(file))
            (self.folder / name).write_text(text, encoding="utf-8")
        script = testing.resource(graph, "ConfigMap", "xqueue-migrate-script")["data"]["migrate.py"]
        (self.folder / "migrate.py").write_text(script, encoding="utf-8")

    def shell(self, script: str, graph: Graph, job: str) -> str:
        """Pipe a script into `manage.py shell`, with the environment of its Job."""
        [container] = testing.resource(graph, "Job", job)["spec"]["template"]["spec"]["containers"]
        own = {each["name"]: each.get("value", "") for each in container["env"]}
        environment = own | {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{self.folder}:{LIBRARIES}",
            "HOME": str(self.folder),
        }
        done = subprocess.run(
            [SYSTEM_PYTHON, "-m", "django", "shell"],
            env=environment,
            stdin=(self.folder / script).open(),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def test_xqueue_migrates_and_makes_the_users_that_its_settings_name(instance: Instance) -> None:
    [(job, database)] = [each for each in instance.databases if each[0] == "xqueue-mysql-provision"]
    instance.provision(job)
    xqueue = Xqueue(instance)
    assert "done" in xqueue.shell("migrate.py", instance.graph, "xqueue-migrate")
    assert int(instance.ask(database, "SELECT COUNT(*) FROM xqueue.django_migrations")) > 10

    printed = xqueue.shell("users.py", instance.graph, "xqueue-users")
    assert all(f"users: {name}: made" in printed for name in ("lms", *GRADERS))
    users = "SELECT username, is_active FROM xqueue.auth_user ORDER BY username"
    assert instance.ask(database, users).split() == ["lms", "1", "python_grader", "1", "sql_grader", "1"]
    assert ": " not in xqueue.shell("users.py", instance.graph, "xqueue-users").replace("users: done", "")

    # One grader goes, and the other one has a new password.
    stack = testing.stack({"xqueue": {"graders": GRADERS[:1]}})
    values = {**instance.values, "xqueue_grader_python_grader": "another-password"}
    graph = testing.graph(stack, values)
    xqueue.configure(stack, graph)
    printed = xqueue.shell("users.py", graph, "xqueue-users")
    assert "users: python_grader: password set" in printed and "users: sql_grader: locked out" in printed
    assert "another-password" not in printed
    assert instance.ask(database, users).split() == ["lms", "1", "python_grader", "1", "sql_grader", "0"]
    former = ("python_grader", instance.values["xqueue_grader_python_grader"])
    taken = [("lms", values["xqueue_lms_password"]), ("python_grader", "another-password")]
    assert _accepted(xqueue, instance, [former, *taken]) == taken


def _accepted(xqueue: Xqueue, instance: Instance, logins: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The names and passwords that Django takes."""
    (xqueue.folder / "login.py").write_text(
        "import json\nfrom django.contrib.auth import authenticate\n"
        f"taken = [each for each in {logins!r} if authenticate(username=each[0], password=each[1])]\n"
        "print('TAKEN', json.dumps(taken))\n"
    )
    printed = xqueue.shell("login.py", instance.graph, "xqueue-users")
    return [(name, password) for name, password in json.loads(printed.partition("TAKEN")[2])]
