"""`import data` copies dumps and a live Tutor root: warm, then what changed since, or nothing at all."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from backup_stage import FerretDb
from import_target import PASSWORD, Target
from rich.console import Console
from servers import HOST, SYSTEM_PYTHON, MariaDb, demand, demand_modules
from testing_tools import BACKUPS, ensure_for_tests

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.transfer import data as verb
from openedx_infra.operations.transfer.copying import Copying
from openedx_infra.operations.transfer.dump_folder import DumpFolder, courses
from openedx_infra.operations.transfer.place import Place
from openedx_infra.operations.transfer.report import Report
from openedx_infra.operations.transfer.source import DATABASES, Source
from openedx_infra.operations.transfer.tutor_root import TutorSource

pytestmark = pytest.mark.parts

WRITER = Path(__file__).parents[1] / "data" / "mongodb_archive.py"
ROOT_PASSWORD = 'of root "1" \\ #;'
USERS = 300
OLD_SITE = f"""
CREATE TABLE django_migrations (id INT PRIMARY KEY AUTO_INCREMENT, app VARCHAR(255), name VARCHAR(255));
CREATE TABLE auth_user (id INT PRIMARY KEY AUTO_INCREMENT, username VARCHAR(150) UNIQUE);
CREATE TABLE courseware_studentmodule (id BIGINT PRIMARY KEY AUTO_INCREMENT, grade DOUBLE);
CREATE TABLE django_session (k VARCHAR(9));
CREATE TABLE django_site (id INT PRIMARY KEY, domain VARCHAR(100));
INSERT INTO django_migrations (app, name) VALUES ('auth', '0001_initial'), ('student', '0002_more');
INSERT INTO auth_user (username) SELECT CONCAT('user', seq) FROM seq_1_to_{USERS};
INSERT INTO courseware_studentmodule (grade) SELECT seq / 3 FROM seq_1_to_{USERS};
INSERT INTO django_site VALUES (1, 'old.example.org')
"""
# What is another program in Tutor's containers than on this machine.
DOCKER = """#!/bin/bash
while [ "$1" != exec ]; do shift; done
export PATH="{folder}/inside:$PATH"
shift 3
exec "$@"
"""
MYSQL = """#!/bin/bash
file=$1 words=()
shift
for word; do case $word in --set-gtid-purged=*|--column-statistics=*) ;; *) words+=("$word") ;; esac; done
echo "{name} ${{words[*]}}" >>{folder}/commands
exec /usr/bin/{name} "$file" --protocol=tcp --host={host} --port={port} "${{words[@]}}"
"""


class _Pod:
    """The target as the verb sees it: what it refuses is an error."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.on_stream: Callable[[], None] = lambda: None

    def ask(self, script: str, request: Any, *, data: Any = None, on_line: Any = None) -> Any:
        parts = []
        while data is not None and (piece := data.read(2**16)):
            parts.append(piece)
        if data is not None:
            self.on_stream()
        answer = self.target.ask(data=b"".join(parts), **request)
        if "refused" in answer:
            raise OperationError(str(answer["refused"]))
        return answer["done"]


class _Room:
    def __init__(self, free: int | None = None) -> None:
        self._free = free

    def free(self, store: str) -> int | None:
        return self._free


@pytest.fixture(scope="module")
def ferretdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FerretDb]:
    """A server of MongoDB's protocol."""
    server = FerretDb(tmp_path_factory.mktemp("ferretdb"))
    server.start(ensure_for_tests(BACKUPS).paths["ferretdb"], PASSWORD)
    yield server
    server.stop()


@pytest.fixture
def pod(tmp_path: Path, mariadb: MariaDb, ferretdb: FerretDb) -> _Pod:
    """An empty instance beside an old site."""
    demand("mysqldump")
    demand_modules("MySQLdb", "yaml", "pymongo")
    mariadb.sql("CREATE OR REPLACE DATABASE edxapp CHARACTER SET utf8mb4", "USE edxapp", OLD_SITE.strip())
    target = Target(tmp_path, mariadb, ferretdb)
    target.prepare()
    mariadb.sql(
        "CREATE TABLE openedx.django_migrations (id INT, app VARCHAR(255), name VARCHAR(255))",
        "INSERT INTO openedx.django_migrations VALUES (1, 'auth', '0001_initial')",
        "INSERT INTO openedx.django_migrations VALUES (2, 'student', '0003_newest')",
    )
    return _Pod(target)


@pytest.fixture
def tutor(tmp_path: Path, mariadb: MariaDb, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A Tutor root whose containers are programs of this machine."""
    literal = ROOT_PASSWORD.replace("\\", "\\\\").replace("'", "''")
    mariadb.sql(
        f"CREATE OR REPLACE USER root@'127.0.0.1' IDENTIFIED BY '{literal}'",
        "GRANT ALL ON *.* TO root@'127.0.0.1'",
    )
    inside = tmp_path / "inside"
    inside.mkdir()
    archive = f"#!/bin/bash\nexec {SYSTEM_PYTHON} {WRITER} openedx 20\n"
    texts = {"docker": DOCKER.format(folder=tmp_path), "inside/mongodump": archive}
    for name in ("mysql", "mysqldump"):
        texts[f"inside/{name}"] = MYSQL.format(name=name, folder=tmp_path, host=HOST, port=mariadb.port)
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "root").mkdir()
    config = {
        "LMS_HOST": "old.example.org",
        "MYSQL_ROOT_PASSWORD": ROOT_PASSWORD,
        "OPENEDX_MYSQL_DATABASE": "edxapp",
    }
    (tmp_path / "root" / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return verb.source_of(verb.Options(kind="tutor", place=str(tmp_path / "root")))


def copied(pod: _Pod, source: Source, *, warm: bool = False, free: int | None = None) -> Report:
    report = Report(stack="campus", source=source.title, release="verawood", warm=warm)
    out = Console(file=io.StringIO())
    found = pod.ask("transfer", {"action": "look"})
    Copying(
        pod=pod, source=source, room=_Room(free), report=report, console=out, courses=courses(DATABASES)
    ).run(found)
    return report


def test_a_tutor_root_warm_and_then_what_changed(
    pod: _Pod, tutor: Source, mariadb: MariaDb, tmp_path: Path
) -> None:
    warm = copied(pod, tutor, warm=True)
    assert warm.tables["main.auth_user"]["rows"] == USERS
    assert warm.collections["modulestore.structures"]["documents"] == 20
    assert any("migrations of verawood are still to run" in note for note in warm.notes)
    mariadb.sql(
        "INSERT INTO edxapp.courseware_studentmodule (grade) VALUES (1)", "DROP TABLE edxapp.django_site"
    )
    final = copied(pod, tutor)
    assert final.tables["main.courseware_studentmodule"]["rows"] == USERS + 1
    assert "main.django_site" not in final.tables, "what the old site has no more is not kept"
    last = [
        line for line in (tmp_path / "commands").read_text().splitlines() if line.startswith("mysqldump")
    ][-1]
    assert "--ignore-table=edxapp.auth_user" in last and "ignore-table=edxapp.courseware" not in last
    assert ROOT_PASSWORD not in (tmp_path / "commands").read_text()
    pod.ask("transfer", {"action": "switch", "hosts": {}})
    for table in ("auth_user", "courseware_studentmodule", "django_migrations"):
        rows = [mariadb.sql(f"SELECT * FROM {name}.{table} ORDER BY id") for name in ("edxapp", "openedx")]
        assert rows[0] == rows[1] != ""
    [paths, _] = final.write(tmp_path), None
    assert "| users | 300 | 1 |" in paths[0].read_text(encoding="utf-8")


def test_a_source_that_changes_meanwhile(pod: _Pod, tutor: Source, mariadb: MariaDb) -> None:
    pod.on_stream = lambda: mariadb.sql(
        "UPDATE edxapp.auth_user SET username = 'another' WHERE id = 1",
        "INSERT INTO edxapp.django_session VALUES ('x')",
    ) and None  # fmt: skip
    with pytest.raises(OperationError, match="changed while it was copied: auth_user") as refused:
        copied(pod, tutor)
    assert (
        "tutor local stop lms" in str(refused.value.remedy) and "django_session" not in refused.value.message
    )
    pod.on_stream = lambda: None
    assert copied(pod, tutor).tables["main.auth_user"]["rows"] == USERS


def test_dumps_in_a_folder(pod: _Pod, mariadb: MariaDb, tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    folder.mkdir()
    source = DumpFolder(place=Place(path=str(folder)))
    with pytest.raises(OperationError, match="has no dump of MySQL"):
        copied(pod, source)
    command = [
        "mysqldump",
        "--no-defaults",
        f"--socket={mariadb.socket}",
        "--user=root",
        "--hex-blob",
        "edxapp",
    ]
    (folder / "edxapp.sql").write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)
    archive = subprocess.run([SYSTEM_PYTHON, WRITER, "edxapp", "7"], capture_output=True, check=True).stdout
    (folder / "mongo.archive").write_bytes(archive)
    with pytest.raises(OperationError, match="MySQL has 0 MiB left, and about 0 MiB are needed"):
        copied(pod, source, free=1)
    assert pod.ask("transfer", {"action": "look"})["staged"] == {"table": {}, "collection": {}}
    report = copied(pod, source, free=2**40)
    assert (len(report.tables), len(report.collections)) == (5, 5)


def test_a_newer_release_is_refused(pod: _Pod, tutor: Source, mariadb: MariaDb) -> None:
    mariadb.sql("INSERT INTO edxapp.django_migrations (app, name) VALUES ('student', '0004_of_tomorrow')")
    with pytest.raises(
        OperationError, match=r"newer release than verawood: this has no student\.0004_of_tomorrow"
    ):
        copied(pod, tutor)


def test_errors_of_the_source_have_remedies(pod: _Pod, tutor: Source, mariadb: MariaDb) -> None:
    mariadb.sql("ALTER USER root@'127.0.0.1' IDENTIFIED BY 'another'")
    with pytest.raises(OperationError, match="Access denied") as refused:
        copied(pod, tutor)
    assert "MYSQL_ROOT_PASSWORD" in str(refused.value.remedy)
    assert isinstance(tutor, TutorSource)
