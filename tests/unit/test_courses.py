"""Courses are imported, exported, listed and indexed by the script that verbs send, which really runs."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from exec_server import ExecServer
from rich.console import Console

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.users_and_courses import courses
from openedx_infra.operations.users_and_courses.platform_script import Platform
from openedx_infra.releases import DEFAULT_RELEASE, RELEASES

DATA = Path(__file__).parents[1] / "data"
KEY = "course-v1:Campus+C1+2026"
LEGACY = "library-v1:Campus+L1"
_MANAGE = """#!/usr/bin/env python
import sys, types
sys.path[:0] = [{here!r}, {tests!r}]
from django.conf import settings
settings.configure(
    MEILISEARCH_ENABLED=True,
    DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": {here!r} + "/rows"}}}},
)
import django
django.setup()
import courses_standin as standin
import libraries_standin
standin.install(libraries_standin.PARTS)
from django.core import management
from django.contrib import auth
auth.get_user_model = lambda: types.SimpleNamespace(objects=standin.Users())
management.call_command = standin.call_command
assert sys.argv[1:5] == ["cms", "shell", "--verbosity", "0"], sys.argv
exec(sys.argv[6])
"""


class Studio:
    """A folder whose `manage.py` runs scripts over stand-ins, and keeps what they do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for name in ("courses_standin.py", "libraries_standin.py"):
            shutil.copy(DATA / name, folder)
        (folder / "manage.py").write_text(_MANAGE.format(here=str(folder), tests=str(DATA.parent)))
        (folder / "manage.py").chmod(0o755)

    def server(self) -> ExecServer:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        return ExecServer(folder=self.folder, environment={"PATH": path, "TMPDIR": str(temporary)})

    @property
    def teams(self) -> list[str]:
        """Who got which role where."""
        return (self.folder / "teams").read_text().splitlines()

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.folder / "rows") as database:
            return database.execute(f"SELECT * FROM {table}").fetchall()

    @property
    def left_over(self) -> list[str]:
        return [path.name for path in (self.folder / "tmp").iterdir()]


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    studio = Studio(tmp_path / "studio")
    with studio.server() as server:
        monkeypatch.setattr(courses, "platform", lambda *_: Platform(server.container(), "cms"))
        yield studio


def course(folder: Path, org: str = "Campus") -> Path:
    (folder / "static").mkdir(parents=True)
    (folder / "course.xml").write_text(f'<course org="{org}" course="C1" url_name="2026"/>')
    (folder / "static" / "film.bin").write_bytes(os.urandom(3 * 2**20))
    return folder


def archive(folder: Path, path: Path) -> Path:
    with tarfile.open(path, "w:gz") as file:
        file.add(folder, arcname="course")
    return path


def said(verb: Any, *arguments: Any, **options: Any) -> str:
    console = Console(file=io.StringIO(), width=200)
    verb("dev", None, *arguments, console, **options)
    return console.file.getvalue()


def test_a_folder_an_archive_and_a_repository_are_imported(studio: Studio, tmp_path: Path) -> None:
    folder = course(tmp_path / "source" / "course")
    film = (folder / "static" / "film.bin").read_bytes()
    kept = studio.folder / "courses" / KEY
    text = said(courses.import_course, str(tmp_path / "source"))
    assert text.endswith(f"Course {KEY} is imported and published.\n") and "Importing..." in text
    assert (kept / "static" / "film.bin").read_bytes() == film
    shutil.rmtree(kept)
    said(courses.import_course, str(archive(folder, tmp_path / "course.tar.gz")))
    assert (kept / "static" / "film.bin").read_bytes() == film
    shutil.rmtree(kept)
    repository = tmp_path / "repository"
    shutil.copytree(folder, repository / "deep" / "course")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(repository)]
    for command in (["init", "-q", "-b", "release/ulmo"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *command], check=True)
    (repository / ".git" / "git-daemon-export-ok").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("openedx_infra.operations.users_and_courses.sources._REMOTE", ("file://",))
        said(courses.import_course, f"file://{repository}", path="deep/course", ref="release/ulmo")
        with pytest.raises(OperationError, match="could not clone"):
            said(courses.import_course, f"file://{repository}", ref="no-such-branch")
    assert (kept / "static" / "film.bin").read_bytes() == film
    assert studio.left_over == []


def test_a_course_that_exists_is_replaced_only_when_asked(studio: Studio, tmp_path: Path) -> None:
    folder = course(tmp_path / "course")
    said(courses.import_course, str(folder))
    with pytest.raises(OperationError, match=r"exists\. Add --replace"):
        said(courses.import_course, str(folder))
    assert f"Course {KEY} is replaced" in said(courses.import_course, str(folder), replace=True)


def test_parts_that_the_platform_leaves_out_are_named_once(studio: Studio, tmp_path: Path) -> None:
    printed = said(courses.import_course, str(course(tmp_path / "course", org="Torn")))
    assert "C1+2026 is imported and published." in printed
    end = printed.partition("Without these parts, which the platform could not read:\n")[2]
    assert end == "  Unable to load file contents at path chapter/c1.xml [line 2]\n"
    whole = said(courses.import_course, str(course(tmp_path / "other")))
    assert "Without" not in whole


def test_a_course_that_fails_midway_is_gone_and_the_next_try_works(studio: Studio, tmp_path: Path) -> None:
    folder = course(tmp_path / "course", org="Half")
    kept = studio.folder / "courses" / KEY.replace("Campus", "Half")
    with pytest.raises(OperationError, match=r"ValueError: a block .*\. Nothing of it is left\."):
        said(courses.import_course, str(folder))
    assert not kept.exists()
    kept.mkdir()
    with pytest.raises(OperationError, match=r"may have a part of the new content: import it again"):
        said(courses.import_course, str(folder), replace=True)
    assert kept.exists(), "what was there is never deleted"


def test_a_team_gets_the_course(studio: Studio, tmp_path: Path) -> None:
    folder = course(tmp_path / "course")
    with pytest.raises(OperationError, match="There is no active user idle"):
        said(courses.import_course, str(folder), team=["anna", "idle"])
    assert not (studio.folder / "courses").exists() and not (studio.folder / "teams").exists()
    said(courses.import_course, str(folder), team=["bert", "anna"])
    each = ("bert instructor", "bert learner", "anna instructor", "anna learner")
    assert studio.teams == [f"{role} {KEY}" for role in each]


def legacy(folder: Path, problem: str = "<problem/>") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "library.xml").write_text('<library org="Campus" library="L1" display_name="Old problems"/>')
    (folder / "problem.xml").write_text(problem)
    return folder


def test_a_legacy_library_is_imported_for_its_owner(studio: Studio, tmp_path: Path) -> None:
    path = archive(legacy(tmp_path / "library"), tmp_path / "library.tar.gz")
    with pytest.raises(OperationError, match="needs an owner: add --team USER"):
        said(courses.import_course, str(path))
    assert said(courses.import_course, str(path), team=["anna"]) == f"Library {LEGACY} is imported.\n"
    kept = studio.folder / "courses" / LEGACY
    assert (kept / "problem.xml").read_text() == "<problem/>"
    assert studio.teams == [f"anna instructor {LEGACY}"]
    with pytest.raises(OperationError, match=r"exists\. Add --replace"):
        said(courses.import_course, str(path), team=["anna"])
    newer = str(legacy(tmp_path / "library", problem="<problem>2</problem>"))
    assert "is replaced." in said(courses.import_course, newer, team=["anna"], replace=True)
    assert (kept / "problem.xml").read_text() == "<problem>2</problem>"
    shutil.rmtree(kept)
    with pytest.raises(OperationError, match="Nothing of it is left"):
        said(courses.import_course, str(legacy(tmp_path / "library", "<unknown/>")), team=["anna"])
    assert not kept.exists()


def backup(path: Path, *more: str, key: str = "lib:Campus:L2") -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("package.toml", f'[learning_package]\ntitle = "Problems"\nkey = "{key}"\n')
        for name in ("problem.xml", *more):
            file.writestr(name, "<problem/>")
    return path


def test_a_library_is_made_of_its_backup(studio: Studio, tmp_path: Path) -> None:
    path = backup(tmp_path / "library.zip")
    with pytest.raises(OperationError, match="needs an owner: add --team USER"):
        said(courses.import_course, str(path))
    assert "Library lib:Campus:L2 is imported." in said(
        courses.import_course, str(path), team=["anna", "bert"]
    )
    whole = [(1, "lib:Campus:L2", "<problem/>")]
    assert studio.rows("packages") == whole and studio.rows("libraries") == [("lib:Campus:L2", 1)]
    roles = [
        f"{name} {role} lib:Campus:L2" for name in ("anna", "bert") for role in ("admin", "library_admin")
    ]
    assert studio.teams == roles
    for source, message in (
        (path, r"lib:Campus:L2 exists, and a backup replaces none"),
        (backup(tmp_path / "bad.zip", "broken.toml"), "could not restore the backup:\nErrors in broken.toml"),
        (
            backup(tmp_path / "course.zip", key="course:Campus:C1"),
            "no backup of a library.*course is no library",
        ),
    ):
        with pytest.raises(OperationError, match=message):
            said(courses.import_course, str(source), team=["anna"])
    assert studio.rows("packages") == whole, "nothing that failed leaves a part of it"
    assert studio.left_over == []


def test_what_is_no_course_is_refused_and_nothing_stays(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    several = tmp_path / "several"
    course(several / "one")
    course(several / "two", org="Other")
    broken = archive(course(tmp_path / "course"), tmp_path / "broken.tar.gz")
    broken.write_bytes(broken.read_bytes()[:2_000_000])
    (tmp_path / "text.zip").write_text("PK")
    for source, options, message in (
        ("empty", {}, "There is no course.xml: this is no course in OLX"),
        ("several", {}, "There are several courses: one, two. Choose one by --path."),
        ("several", {"path": "three"}, "There is no course.xml in three."),
        ("broken.tar.gz", {}, "This is no whole tar archive"),
        ("text.zip", {}, "is no archive of a course or library"),
        ("nowhere", {}, "There is no "),
    ):
        with pytest.raises(OperationError) as raised:
            said(courses.import_course, str(tmp_path / source), **options)
        assert message in str(raised.value)
    assert studio.left_over == [] and not (studio.folder / "courses").exists()


def test_an_archive_that_leaves_its_folder_is_refused(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as file:
        member = tarfile.TarInfo("../../outside")
        member.size = 3
        file.addfile(member, io.BytesIO(b"bad"))
    with pytest.raises(OperationError, match="not safe to unpack"):
        said(courses.import_course, str(path))
    assert not list(studio.folder.rglob("outside"))


def test_a_course_too_large_is_refused_before_it_fills_the_disk(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "large.tar"
    with tarfile.open(path, "w") as file:
        member = tarfile.TarInfo("course/film.bin")
        member.size = 2 * 2**30
        path.open("ab").close()
        file.fileobj.write(member.tobuf())
    with pytest.raises(OperationError, match="larger than 1536 MiB"):
        said(courses.import_course, str(path))
    assert studio.left_over == []


def test_an_export_is_what_an_import_takes(studio: Studio, tmp_path: Path) -> None:
    folder = course(tmp_path / "course")
    said(courses.import_course, str(folder))
    output = tmp_path / "out.tar.gz"
    assert said(courses.export_course, KEY, output) == f"{output} has course {KEY}.\n"
    with tarfile.open(output) as file:
        file.extractall(tmp_path / "again", filter="data")
    film = tmp_path / "again" / "course" / "static" / "film.bin"
    assert film.read_bytes() == (folder / "static" / "film.bin").read_bytes()
    for key, message in (("course-v1:No+Such+Course", "There is no course"), ("Campus", "is no key")):
        with pytest.raises(OperationError, match=message):
            said(courses.export_course, key, tmp_path / "none.tar.gz")
    assert not list(tmp_path.glob("none*")) and studio.left_over == []


def test_courses_are_listed_and_indexed(
    studio: Studio, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(courses.show) == "There are no courses yet.\n"
    for org in ("Campus", "Broken"):
        said(courses.import_course, str(course(tmp_path / org, org=org)))
    assert KEY in said(courses.show)
    said(courses.show, as_json=True)
    row = json.loads(capsys.readouterr().out)[1]
    assert (row["course"], row["start"][:10], row["end"]) == (KEY, "2026-01-01", None)
    with pytest.raises(OperationError, match=r"Broken\+C1\+2026: RuntimeError: no index for it"):
        said(courses.reindex, [])
    assert (studio.folder / "indexed").read_text().split() == [KEY]
    lines = (studio.folder / "called").read_text().splitlines()
    called = [json.loads(line) for line in lines if "reindex_studio" in line]
    assert called == [["reindex_studio", *arguments] for arguments in RELEASES[DEFAULT_RELEASE].studio_index]
    assert said(courses.reindex, [KEY]) == "Courses indexed: 1.\n"
