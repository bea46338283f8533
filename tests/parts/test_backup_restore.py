"""Everything comes back from a backup: every row, every document, every file.

The servers and programs are real:
MariaDB, FerretDB, Versity's S3 server, restic and rclone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from backup_stage import PASSWORD, SERVICE_PASSWORD, USER, FerretDb, Stage
from s3_server import S3Server
from servers import SYSTEM_PYTHON, MariaDb, demand, demand_modules
from testing_tools import BACKUPS, ensure_for_tests

from openedx_infra.config import Stack, describe
from openedx_infra.operations.offline.recording import Graph
from openedx_infra.services.object_storage import ADMINISTRATOR

pytestmark = pytest.mark.parts

CONTENT = Path(__file__).parents[1] / "data" / "mongodb_content.py"
BUCKET = "campus-backups"
DATABASES = ("openedx", "history", "xqueue")
BUCKETS = ("dev-public", "dev-private", "dev-grades", "dev-ora")
TABLES = """
CREATE TABLE auth_user (id BIGINT PRIMARY KEY AUTO_INCREMENT, username VARCHAR(150) UNIQUE, bio LONGTEXT,
  score DOUBLE, price DECIMAL(12,4), joined DATETIME(6), picture LONGBLOB, extra JSON, gone TINYINT(1));
CREATE TABLE enrolment (id BIGINT PRIMARY KEY AUTO_INCREMENT, user_id BIGINT NOT NULL, course VARCHAR(255),
  CONSTRAINT enrolled FOREIGN KEY (user_id) REFERENCES auth_user (id));
CREATE TABLE `odd ``name` (`a b` INT);
CREATE TABLE empty_one (id INT);
CREATE VIEW learners AS SELECT id, username FROM auth_user;
CREATE TRIGGER tr BEFORE INSERT ON enrolment FOR EACH ROW SET NEW.course = LOWER(NEW.course);
"""
ROWS = 3000
UTF8 = "SET NAMES utf8mb4"


@pytest.fixture(scope="module")
def s3(s3_servers: Callable[[], S3Server]) -> S3Server:
    """One with the buckets of uploaded files."""
    server = s3_servers()
    run = server.provision()
    assert run.returncode == 0, run.stdout + run.stderr
    return server


@pytest.fixture(scope="module")
def ferretdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FerretDb]:
    """A server of MongoDB's protocol."""
    server = FerretDb(tmp_path_factory.mktemp("ferretdb"))
    server.start(ensure_for_tests(BACKUPS).paths["ferretdb"])
    yield server
    server.stop()


@pytest.fixture
def stage(
    tmp_path: Path,
    recorded: Callable[..., Graph],
    mariadb: MariaDb,
    ferretdb: FerretDb,
    s3: S3Server,
) -> Iterator[Stage]:
    """An instance with data, and an empty bucket for its backups."""
    demand("mysqldump", "mysql")
    demand_modules("MySQLdb", "pymongo")
    root = s3.client(ADMINISTRATOR, s3.secrets["s3_root_secret_key"])
    root.create_bucket(Bucket=BUCKET)
    said = {
        "site": {"lms_host": "learn.example.org"},
        "datastores": {
            "mysql": {"source": "in-cluster", "history_database": "history"},
            "storage": {"source": "in-cluster"},
        },
        "backups": {"destination": {"endpoint": s3.url, "bucket": BUCKET}},
        "services": {"xqueue": {}},
    }
    stack = describe("dev", said)
    assert isinstance(stack, Stack)
    keys = (ADMINISTRATOR, s3.secrets["s3_root_secret_key"])
    tools = {
        name: path for name, path in ensure_for_tests(BACKUPS).paths.items() if name in ("restic", "rclone")
    }
    made = Stage(tmp_path, stack, recorded(said), tools, mariadb, ferretdb, s3, keys)
    _fill(made)
    yield made
    _empty(root, BUCKET)
    root.delete_bucket(Bucket=BUCKET)


def test_every_row_document_and_file_comes_back(stage: Stage) -> None:
    before = everything(stage)
    assert len(before["mysql"]["openedx"]["auth_user"]) == ROWS
    assert before["mongodb"]["modulestore.structures"] and before["files"]["dev-ora"]
    stage.demand("backup")
    _ruin(stage)
    assert everything(stage) != before
    text = stage.demand("backup-restore")
    assert everything(stage) == before
    assert f"{2 * ROWS + 1 + 5 + 2} rows of 6 tables" in text, text


def test_a_backup_from_before_a_service_leaves_its_database_as_it_is(stage: Stage) -> None:
    before = everything(stage)
    stage.mysql.sql("DROP USER xqueue@'%'", "DROP DATABASE xqueue")
    failed = stage.pod("backup")
    assert failed.failed == "mysql-dump", "a database that is to be kept, and can't be, is a fault"
    text = stage.demand("backup", BEFORE_SERVICES="true")  # as the one before migrations
    assert "database xqueue is not there yet: it is left out" in text
    _make_service(stage)
    _ruin(stage)
    restored = stage.demand("backup-restore")
    assert "it is from before service-xqueue was there: that database stays as it is" in restored
    after = everything(stage)
    assert after["mysql"]["xqueue"]["queue_submission"] == []
    assert after == {**before, "mysql": {**before["mysql"], "xqueue": after["mysql"]["xqueue"]}}


def test_files_of_learners_stay_out_of_a_masked_restore(stage: Stage) -> None:
    stage.mysql.sql("ALTER TABLE openedx.auth_user ADD email VARCHAR(254) NOT NULL DEFAULT ''")
    client = stage.s3.platform()
    kept = {"dev-public": "course/image.png", "dev-private": "openedx-learning/a.txt"}
    left = {
        "dev-public": "profile-images/face.jpg",
        "dev-private": "sga/answer.pdf",
        "dev-ora": "essay.txt",
        "dev-grades": "grades/report.csv",
    }
    for bucket, key in (*kept.items(), *left.items()):
        client.put_object(Bucket=bucket, Key=key, Body=b"x")
    stage.demand("backup")
    for bucket in BUCKETS:
        _empty(client, bucket)
    shutil.rmtree(stage.folder / "files")
    text = stage.demand("backup-restore", MASK="learners")
    assert "ora files stay out: they are learners'" in text and "main: " in text
    found = {bucket: set(everything(stage)["files"][bucket]) for bucket in BUCKETS}
    assert found["dev-ora"] == found["dev-grades"] == set()
    assert kept["dev-public"] in found["dev-public"] and left["dev-public"] not in found["dev-public"]
    assert found["dev-private"] == {kept["dev-private"]}


def test_files_of_services_come_and_go(stage: Stage) -> None:
    before = everything(stage)
    stage.demand("backup")
    more = {"KINDS": "public private grades ora gallery-media", "SERVICE_KINDS": "gallery-media"}
    text = stage.demand("backup-restore", **more)
    assert "it is from before gallery-media was there: those files stay as they are" in text
    stage.demand("backup", **more)
    assert "gallery-media files stay out" in stage.demand("backup-restore")
    assert everything(stage) == before


def test_a_fresh_cluster_needs_the_bucket_and_the_stack_file_alone(stage: Stage, tmp_path: Path) -> None:
    before = everything(stage)
    stage.demand("backup")
    _lose(stage)
    for folder in ("files", "databases", "home"):
        shutil.rmtree(tmp_path / folder)
    stage.demand("backup-restore")
    assert everything(stage) == before


def test_an_older_backup_can_be_chosen(stage: Stage) -> None:
    before = everything(stage)
    stage.demand("backup")
    [first] = snapshots(stage)
    stage.mysql.sql("DELETE FROM openedx.enrolment")
    stage.demand("backup", KIND="by-hand")
    assert len(snapshots(stage)) == 2
    stage.demand("backup-restore", SNAPSHOT=first["short_id"])
    assert everything(stage)["mysql"] == before["mysql"]


@pytest.mark.parametrize("damage", [pytest.param("truncated", marks=pytest.mark.long), "corrupted", "lost"])
def test_a_damaged_backup_is_refused_before_anything_is_overwritten(stage: Stage, damage: str) -> None:
    stage.demand("backup")
    _damage(stage, damage, _packs(stage))
    stage.mysql.sql("DELETE FROM openedx.enrolment")
    now = everything(stage)
    ran = stage.pod("backup-restore")
    assert ran.failed == "restic-fetch", ran.text
    assert "is damaged, or not all there" in ran.text or "can be reached" in ran.text, ran.text
    assert "Traceback" not in ran.text
    assert everything(stage) == now


def test_a_damaged_file_is_refused_though_the_databases_are_whole(stage: Stage) -> None:
    stage.demand("backup")
    [old] = snapshots(stage)
    known = _packs(stage)
    client = stage.s3.platform()
    client.put_object(Bucket="dev-ora", Key="late/film.bin", Body=os.urandom(40_000_000))
    stage.demand("backup", KIND="by-hand")
    new = {key: body for key, body in _packs(stage).items() if key not in known}
    _damage(stage, "corrupted", new)
    now = everything(stage)
    ran = stage.pod("backup-restore")
    assert ran.failed == "restic-fetch" and "ora files of backup" in ran.text, ran.text
    assert everything(stage) == now
    stage.demand("backup-restore", SNAPSHOT=old["short_id"])


def test_the_wrong_password_is_refused(stage: Stage) -> None:
    stage.demand("backup")
    now = everything(stage)
    stage.password = "another"
    for name in ("backup-restore", "backup"):
        ran = stage.pod(name)
        assert ran.failed in ("restic-fetch", "backup"), ran.text
        assert "the password is not that of the backups" in ran.text
    assert everything(stage) == now


def test_what_was_changed_after_it_was_sealed_is_refused(stage: Stage) -> None:
    """Someone with the password put something else into the repository."""
    stage.demand("backup")
    dump = stage.databases / "mysql" / "main.sql"
    dump.write_text(dump.read_text().replace("learner-7'", "learner-x'"))
    assert stage.again("backup", "backup").failed is None
    now = everything(stage)
    ran = stage.pod("backup-restore")
    assert ran.failed == "check" and "mysql/main.sql is another" in ran.text, ran.text
    assert everything(stage) == now


def test_an_interrupted_backup_leaves_none_and_the_next_one_works(stage: Stage) -> None:
    stage.demand("backup")
    stage.mysql.sql("CREATE TABLE openedx.big AS SELECT a.id, RANDOM_BYTES(1024) x FROM openedx.auth_user a")
    for _ in range(3):
        stage.mysql.sql("INSERT INTO openedx.big SELECT id, RANDOM_BYTES(1024) FROM openedx.big")
    stage.interrupted("backup", "backup", 1.0)
    assert len(snapshots(stage)) == 1
    before = everything(stage)
    stage.demand("backup")
    assert len(snapshots(stage)) == 2
    _ruin(stage)
    stage.demand("backup-restore")
    assert everything(stage) == before


def test_what_lacks_files_is_never_the_latest(stage: Stage, tmp_path: Path) -> None:
    """restic keeps what it could read, and ends with code 3: here each time, and then once."""
    stage.demand("backup")
    [whole] = [each["id"] for each in snapshots(stage)]
    restic = tmp_path / "restic"
    restic.write_text(f"""#!/bin/sh
{stage.tools["restic"]} "$@" || exit
case " $* " in *" backup "*) ;; *) exit 0 ;; esac
echo >>{tmp_path}/times
[ "$(wc -l <{tmp_path}/times)" -gt "$BAD" ] || exit 3
""")
    restic.chmod(0o755)
    path = f"{tmp_path}:{':'.join(str(tool.parent) for tool in stage.tools.values())}:/usr/bin:/bin"
    ran = stage.pod("backup", PATH=path, BAD="2")
    assert ran.failed == "backup" and "no whole backup was kept" in ran.text, ran.text
    assert [each["tags"] for each in snapshots(stage)] == [["scheduled"], ["incomplete"], ["incomplete"]]
    assert f"fetching backup {whole}" in stage.demand("backup-check")

    (tmp_path / "times").unlink()
    stage.demand("backup", PATH=path, BAD="1")
    assert snapshots(stage)[-1]["tags"] == ["scheduled"] and snapshots(stage)[-1]["id"] != whole
    assert f"fetching backup {snapshots(stage)[-1]['id']}" in stage.demand("backup-check")


def test_retention_keeps_as_many_as_it_says(stage: Stage) -> None:
    """Of one day the last one stays, and while there are not as many months as wanted, the very first."""
    for kind in ("scheduled", "by-hand", "scheduled", "by-hand", "before-upgrade", "scheduled"):
        stage.demand("backup", KIND=kind, KEEP_OTHERS="1")
    kinds = sorted(each["tags"][0] for each in snapshots(stage))
    assert kinds == ["before-upgrade", "by-hand", "scheduled", "scheduled"]


def test_an_empty_instance_can_be_kept(stage: Stage) -> None:
    """Before the first migrations there are databases without tables. Whoever restores into a fresh cluster
    does not mean that backup by the latest one."""
    before = everything(stage)
    stage.demand("backup")
    _lose(stage)
    stage.demand("backup", KIND="before-upgrade")
    stage.demand("backup-restore")
    assert everything(stage) == before
    empty = next(each["short_id"] for each in snapshots(stage) if each["tags"] == ["before-upgrade"])
    stage.demand("backup-restore", SNAPSHOT=empty)
    assert not everything(stage)["mysql"]["openedx"]["triggers"]


def test_no_secret_is_in_a_command_or_an_environment(stage: Stage) -> None:
    stage.demand("backup")
    stage.demand("backup-restore")
    shown = json.dumps(
        [stage.commands, [stage.environment(c, {}) for c in stage.containers("backup-restore")]]
    )
    for secret in (
        PASSWORD,
        SERVICE_PASSWORD,
        stage.password,
        stage.keys[1],
        stage.s3.secrets["s3_secret_key"],
    ):
        assert secret not in shown and json.dumps(secret)[1:-1] not in shown


def everything(stage: Stage) -> dict[str, Any]:
    """Every row, document and object."""
    client = stage.s3.platform()
    return {
        "mysql": {name: _rows(stage, name) for name in DATABASES},
        "mongodb": json.loads(_mongodb(stage, "show")),
        "files": {bucket: _objects(client, bucket) for bucket in BUCKETS},
    }


def snapshots(stage: Stage) -> list[dict[str, Any]]:
    """What `backup-list` prints."""
    found: list[dict[str, Any]] = json.loads(stage.demand("backup-list").splitlines()[-1])
    return found


def _fill(stage: Stage) -> None:
    _lose(stage)
    password = PASSWORD.replace("\\", "\\\\").replace("'", "''")
    stage.mysql.sql(
        UTF8,
        f"DROP USER IF EXISTS {USER}@'%'",
        f"CREATE USER {USER}@'%' IDENTIFIED BY '{password}'",
        *(f"GRANT ALL PRIVILEGES ON `{name}`.* TO {USER}@'%'" for name in DATABASES[:2]),
        "USE openedx",
        *TABLES.replace("\n", " ").rstrip("; ").split(";"),
        "INSERT INTO auth_user SELECT seq, CONCAT('learner-', seq), "
        "CONCAT('(),;''\"\\\\ \\n VALUES (', seq, 'ü😀'), "
        "RAND(seq), seq / 7, '2026-01-01 10:00:00.123456', UNHEX(SHA2(seq, 512)), "
        "JSON_OBJECT('a', seq, 'b', '(x),(y)'), IF(seq % 2, NULL, 1) FROM seq_1_to_" + str(ROWS),
        f"INSERT INTO enrolment (user_id, course) SELECT seq, 'Course-V1:X' FROM seq_1_to_{ROWS}",
        "INSERT INTO `odd ``name` VALUES (1)",
        "CREATE TABLE history.answers (id BIGINT PRIMARY KEY, state LONGTEXT)",
        "INSERT INTO history.answers SELECT seq, REPEAT(seq, 100) FROM seq_1_to_5",
    )
    _make_service(stage)
    stage.mysql.sql(UTF8, "INSERT INTO xqueue.queue_submission VALUES (1, 'ü (1)'), (2, NULL)")
    _mongodb(stage, "fill")
    client = stage.s3.platform()
    for bucket in BUCKETS:
        for number, key in enumerate(("a.txt", "deep/er/b ü'\"$.bin", "empty")):
            client.put_object(
                Bucket=bucket, Key=key, Body=os.urandom(1000 * number) if key != "empty" else b""
            )


def _make_service(stage: Stage) -> None:
    """An empty database of a service, and its user, as its Jobs make them."""
    password = SERVICE_PASSWORD.replace("'", "''")
    stage.mysql.sql(
        "DROP USER IF EXISTS xqueue@'%'",
        f"CREATE USER xqueue@'%' IDENTIFIED BY '{password}'",
        "CREATE DATABASE IF NOT EXISTS xqueue CHARSET utf8mb4",
        "GRANT ALL PRIVILEGES ON `xqueue`.* TO xqueue@'%'",
        "CREATE TABLE xqueue.queue_submission (id BIGINT PRIMARY KEY, xqueue_body LONGTEXT)",
    )


def _lose(stage: Stage) -> None:
    """All that the instance has, as a new cluster has nothing."""
    stage.mysql.sql(
        *(f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name} CHARSET utf8mb4" for name in DATABASES)
    )
    _mongodb(stage, "lose")
    for bucket in BUCKETS:
        _empty(stage.s3.platform(), bucket)


def _ruin(stage: Stage) -> None:
    """What a bad day does: rows changed and gone, a table too many, documents and files gone and changed."""
    stage.mysql.sql(
        "USE openedx",
        "DELETE FROM enrolment WHERE id < 100",
        "UPDATE auth_user SET bio = 'oops' WHERE id > 50",
        "DROP TABLE empty_one",
        "DROP VIEW learners",
        "DELETE FROM history.answers",
        "DELETE FROM xqueue.queue_submission",
    )
    _mongodb(stage, "ruin")
    client = stage.s3.platform()
    client.delete_object(Bucket="dev-ora", Key="a.txt")
    client.put_object(Bucket="dev-public", Key="deep/er/b ü'\"$.bin", Body=b"oops")


def _rows(stage: Stage, database: str) -> dict[str, list[str]]:
    names = stage.mysql.sql(
        f"SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA='{database}'"
    )
    found = {}
    for name in names.splitlines():
        quoted = name.replace("`", "``")
        columns = stage.mysql.sql(
            "SELECT GROUP_CONCAT(CONCAT('HEX(CONCAT(`', COLUMN_NAME, '`))')) "
            f"FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='{database}' AND TABLE_NAME='{name}'"
        )
        text = stage.mysql.sql(UTF8, f"SELECT {columns} FROM `{database}`.`{quoted}` ORDER BY 1")
        found[name] = text.splitlines()
    of_triggers = "SELECT TRIGGER_NAME, ACTION_STATEMENT FROM information_schema.TRIGGERS"
    found["triggers"] = stage.mysql.sql(f"{of_triggers} WHERE TRIGGER_SCHEMA='{database}'").splitlines()
    return found


def _mongodb(stage: Stage, verb: str) -> str:
    command = [SYSTEM_PYTHON, str(CONTENT), str(stage.mongodb.port), USER, verb]
    done = subprocess.run(command, input=PASSWORD, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _objects(client: Any, bucket: str) -> dict[str, bytes]:
    listed = client.list_objects_v2(Bucket=bucket).get("Contents", ())
    return {each["Key"]: client.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in listed}


def _empty(client: Any, bucket: str) -> None:
    for each in client.list_objects_v2(Bucket=bucket).get("Contents", ()):
        client.delete_object(Bucket=bucket, Key=each["Key"])


def _packs(stage: Stage) -> dict[str, bytes]:
    """What restic keeps data in."""
    found = _objects(stage.s3.client(*stage.keys), BUCKET)
    return {key: body for key, body in found.items() if key.startswith("dev/data/")}


def _damage(stage: Stage, damage: str, packs: dict[str, bytes]) -> None:
    """Do something to the largest of these packs."""
    client = stage.s3.client(*stage.keys)
    key = max(packs, key=lambda each: len(packs[each]))
    body = packs[key]
    half = len(body) // 2
    if damage == "lost":
        client.delete_object(Bucket=BUCKET, Key=key)
        return
    flipped = body[:half] + bytes([body[half] ^ 1]) + body[half + 1 :]
    client.put_object(Bucket=BUCKET, Key=key, Body=body[:half] if damage == "truncated" else flipped)
