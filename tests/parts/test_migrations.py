"""migrate.py and migration_check.py do on a real server what their Jobs must.

MariaDB, and a small Django project with two sites of different applications, as LMS and Studio are.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import django
import pytest
from servers import SYSTEM_PYTHON, MariaDb, demand_modules

from openedx_infra import scripts

pytestmark = pytest.mark.parts

PROJECT = Path(__file__).parents[1] / "data" / "migrating"
LIBRARIES = Path(django.__file__).parents[1]
"""Django of the tests, for the system's Python, which has MySQL's client: Django is Python alone."""
STEPS = ("initial", "slow", "after", "adding", "demanding", "narrowing", "filling", "removing")
"""Names of the project's migrations, in their order."""
NOT_FILLED = "that code of before doesn't fill"
TO_READ = "of its own, which somebody has to read"
BOTH = ("campus", "campus_history")


class Platform:
    """A checkout with `manage.py`, and the scripts beside it."""

    def __init__(self, folder: Path, server: MariaDb) -> None:
        self.folder, self.server = folder, server
        self.manage = folder / "manage.py"
        self.manage.write_text(
            f'#!/bin/sh\nshift\nexec {SYSTEM_PYTHON} "$IMAGE/manage.py" "$@"\n', encoding="utf-8"
        )
        self.manage.chmod(0o755)
        for name in scripts.NAMES:
            if "migrat" in name:
                text = scripts.text(name).replace("/openedx/edx-platform", str(folder))
                (folder / name).write_text(text, encoding="utf-8")

    def image(self, last: str) -> Path:
        """The project with all migrations up to the one of this name."""
        folder = self.folder / last
        if not folder.exists():
            shutil.copytree(PROJECT, folder)
            for later in STEPS[STEPS.index(last) + 1 :]:
                for path in folder.glob(f"*/migrations/*_{later}.py"):
                    path.unlink()
        return folder

    def begin(self, site: str, script: str, image: str, **said: str) -> subprocess.Popen[str]:
        """Start a script as its Job does."""
        environment = {
            "PATH": os.environ["PATH"],
            "IMAGE": str(self.image(image)),
            "PYTHONPATH": f"{self.image(image)}:{LIBRARIES}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "site_settings",
            "STUDIO_SETTINGS": "site_settings",
            "SERVICE_VARIANT": site,
            "SOCKET": str(self.server.socket),
            **said,
        }
        return subprocess.Popen(
            ["sh", str(self.folder / script)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def migrate(self, site: str = "lms", image: str = "initial", **said: str) -> subprocess.Popen[str]:
        return self.begin(site, "lms_migrate.sh" if site == "lms" else "studio_migrate.sh", image, **said)

    def upgrade(self, image: str) -> None:
        for site in ("lms", "cms"):
            said, code = end(self.migrate(site, image))
            assert code == 0, said

    def check(self, since: datetime, image: str = "initial") -> tuple[int, list[str]]:
        """Code and lines of the check."""
        found = self.folder / "found.json"
        found.unlink(missing_ok=True)
        process = self.begin("lms", "migration_check.sh", image, SINCE=since.isoformat(), FOUND=str(found))
        said, code = end(process)
        return code, said

    def is_migrating(self) -> None:
        """Return when the slow migration is under way."""
        asked = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP%'"
        end = time.monotonic() + 30
        while self.server.sql(asked).strip() != "1":
            assert time.monotonic() < end, "it never began"
            time.sleep(0.05)

    def applied(self, database: str = "campus") -> list[str]:
        rows = self.server.sql(f"SELECT CONCAT(app, '.', name) FROM {database}.django_migrations ORDER BY id")
        return rows.splitlines()


def end(process: subprocess.Popen[str]) -> tuple[list[str], int]:
    """What a process said, but for the greeting of Django's shell, and its code."""
    said, _ = process.communicate(timeout=60)
    lines = [line for line in said.splitlines() if line and "imported automatically" not in line]
    return lines, process.returncode


def waits_for(process: subprocess.Popen[str], word: str) -> None:
    """Return when a process says a word."""
    assert process.stdout
    for line in process.stdout:
        if word in line:
            return
    raise AssertionError(f"it never said {word!r}")


@pytest.fixture
def platform(mariadb: MariaDb, tmp_path: Path) -> Iterator[Platform]:
    demand_modules("MySQLdb")
    mariadb.sql(
        *(f"DROP DATABASE IF EXISTS {name}" for name in BOTH), *(f"CREATE DATABASE {name}" for name in BOTH)
    )
    yield Platform(tmp_path, mariadb)


def test_every_database_but_the_replica_is_migrated_by_either_site(platform: Platform) -> None:
    said, code = end(platform.migrate(HISTORY="campus_history", REPLICA="campus"))
    assert code == 0, said
    assert [line for line in said if "of 2: migrations" in line] == [
        "lms_migrate: 1 of 2: migrations in the database default",
        "lms_migrate: 2 of 2: migrations in the database student_module_history",
    ]
    assert said[-1] == "lms_migrate: done"
    assert platform.applied()[-1] == "learners.0001_initial" == platform.applied("campus_history")[-1]
    said, code = end(platform.migrate("cms"))
    assert (code, said[-1]) == (0, "studio_migrate: done")
    assert "authors.0001_initial" in platform.applied()
    assert "authors.0001_initial" not in platform.applied("campus_history")


def test_the_second_waits_for_the_first(platform: Platform) -> None:
    first = platform.migrate(image="slow")
    platform.is_migrating()
    second = platform.migrate("cms", image="slow")
    waits_for(second, "waiting for another migration of this database to end (from localhost")
    assert end(first)[1] == 0
    said, code = end(second)
    assert (code, said[-1]) == (0, "studio_migrate: done")
    assert platform.applied().count("learners.0002_slow") == 1


def test_who_waited_long_enough_gives_up_and_says_whom_for(platform: Platform) -> None:
    first = platform.migrate(image="slow")
    platform.is_migrating()
    said, code = end(platform.migrate("cms", LOCK_SECONDS="0"))
    assert code == 1 and "studio_migrate: failed: another migration of this database" in said[-1]
    assert "run `up` again" in said[-1] and platform.applied()[-1] != "authors.0001_initial"
    assert end(first)[1] == 0


def test_two_at_once_make_each_table_once(platform: Platform) -> None:
    both = [platform.migrate(image="slow"), platform.migrate(image="slow")]
    assert [end(process)[1] for process in both] == [0, 0]
    assert len(platform.applied()) == len(set(platform.applied()))


def test_another_instance_on_the_same_server_waits_for_nobody(platform: Platform) -> None:
    first = platform.migrate(image="slow")
    platform.is_migrating()
    said, code = end(platform.migrate("cms", DATABASE="campus_history", LOCK_SECONDS="0"))
    assert code == 0, said
    assert end(first)[1] == 0


def test_the_lock_of_a_killed_one_is_free_and_the_next_goes_on(platform: Platform) -> None:
    first = platform.migrate(image="slow")
    platform.is_migrating()
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    begun = time.monotonic()
    said, code = end(platform.migrate(image="slow", LOCK_SECONDS="20"))
    assert code == 0, said
    assert time.monotonic() - begun < 15
    assert platform.applied()[-1] == "learners.0002_slow"


def test_a_terminated_one_ends_the_migration_that_it_is_in_and_begins_no_other(platform: Platform) -> None:
    process = platform.migrate(image="after")
    platform.is_migrating()
    process.send_signal(signal.SIGTERM)
    said, code = end(process)
    assert code == 1
    assert said[-1].startswith("lms_migrate: stopped before learners.0003_after")
    assert platform.applied()[-1] == "learners.0002_slow"
    assert end(platform.migrate(image="after"))[1] == 0
    assert platform.applied()[-1] == "learners.0003_after"


def _moment() -> datetime:
    """A moment between two migrations."""
    time.sleep(0.05)
    between = datetime.now(UTC)
    time.sleep(0.05)
    return between


def test_what_only_adds_is_no_breach(platform: Platform) -> None:
    platform.upgrade("slow")
    between = _moment()
    platform.upgrade("adding")
    code, said = platform.check(between, "adding")
    assert code == 0, said
    assert said == [f"migration_check: 2 migrations since {between.isoformat()}, 0 breaches"]


@pytest.mark.parametrize(
    ("step", "breaches"),
    [
        ("slow", ["learners.0002_slow: Raw SQL operation: it runs SQL " + TO_READ]),
        ("demanding", ["learners.0005_demanding: Add field must to answer: it adds a column " + NOT_FILLED]),
        ("narrowing", ["learners.0006_narrowing: Alter field text on answer: it makes a column narrower"]),
        ("filling", ["learners.0007_filling: Raw Python operation: it runs code " + TO_READ]),
        (
            "removing",
            [
                "learners.0008_removing: Remove field grade from answer: it takes a column away",
                "authors.0008_removing: Delete model Draft: it takes a table away",
            ],
        ),
    ],
)
def test_breaches_are_named(platform: Platform, step: str, breaches: Sequence[str]) -> None:
    platform.upgrade(STEPS[STEPS.index(step) - 1])
    between = _moment()
    platform.upgrade(step)
    code, said = platform.check(between, step)
    assert (code, said[:-1]) == (3, list(breaches))
    assert said[-1].endswith(f" {len(breaches)} breaches")


def test_what_neither_site_knows_is_a_breach(platform: Platform) -> None:
    platform.upgrade("initial")
    between = datetime.now(UTC)
    platform.server.sql(
        "INSERT INTO campus.django_migrations (app, name, applied) VALUES ('x', '0001', UTC_TIMESTAMP(6))"
    )
    code, said = platform.check(between)
    assert code == 3
    assert said[0] == "x.0001: this image doesn't know it, so nobody can tell what it did"
