"""Of two versions, verbs ask the one that visitors reach; the databases are of the newest release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from openedx_infra.config import Stack, load
from openedx_infra.config.versions import live_version, newest_version
from openedx_infra.operations.configuration import django_settings
from openedx_infra.operations.platform_tests import platform_tests
from openedx_infra.operations.stack_files import stack_file
from openedx_infra.operations.users_and_courses import courses, platform_script
from openedx_infra.operations.versions import rollback
from openedx_infra.operations.versions.rollback import Options
from openedx_infra.releases import RELEASES

BLUE, GREEN = "registry.example.org/openedx:blue", "registry.example.org/openedx:green"


def said(live: str) -> dict[str, Any]:
    green = {"release": "verawood", "openedx": GREEN, "mfe": "registry.example.org/mfe:green"}
    return {
        "site": {"lms_host": "learn.example.org"},
        "release": "ulmo",
        "images": {"openedx": BLUE},
        "migrations": {"beside": ["ulmo"]},
        "blue_green": {"live": live, "green": green},
    }


def two(live: str) -> Stack:
    return load("campus", said(live))


@pytest.fixture
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A stack file in which the colour that the test names serves."""
    sections = {f"openedx:{key}": value for key, value in said(request.param).items()}
    path = tmp_path / "Pulumi.campus.yaml"
    path.write_text(yaml.safe_dump({"config": sections}))
    return path


def test_the_version_that_serves_and_the_one_that_migrated_last() -> None:
    assert (live_version(two("blue")).suffix, live_version(two("green")).suffix) == ("", "-green")
    assert newest_version(two("blue")).release == newest_version(two("green")).release == "verawood"
    same = load("campus", {**said("blue"), "release": "verawood"})
    assert newest_version(same).suffix == ""


@pytest.mark.parametrize(("file", "release"), [("blue", "ulmo"), ("green", "verawood")], indirect=["file"])
def test_courses_are_taken_and_indexed_as_the_release_that_serves_wants_it(
    file: Path, release: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported: dict[str, Any] = {}
    monkeypatch.setattr(courses, "import_course", lambda *_, **how: imported.update(how))
    courses.import_demo("campus", file, None)
    assert imported["ref"] == f"release/{release}"
    studio = _Studio()
    monkeypatch.setattr(courses, "platform", lambda *_: studio)
    courses.reindex("campus", file, [], _Silent())
    assert studio.request["studio_index"] == RELEASES[release].studio_index
    assert RELEASES["ulmo"].studio_index != RELEASES["verawood"].studio_index


@pytest.mark.parametrize(
    ("file", "component"), [("blue", "studio"), ("green", "studio-green")], indirect=["file"]
)
def test_scripts_run_in_pods_of_the_version_that_serves(
    file: Path, component: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(platform_script.connection, "address_of", lambda *_, **__: None)
    monkeypatch.setattr(platform_script.connection, "connect", lambda *_: None)
    monkeypatch.setattr(platform_script, "choose", lambda _, component: asked.append(component))
    platform_script.platform("campus", file, "cms")
    assert asked == [component]


@pytest.mark.parametrize(("live", "image"), [("blue", BLUE), ("green", GREEN)])
def test_tests_run_in_the_image_that_serves(live: str, image: str) -> None:
    assert platform_tests.images(two(live), None).openedx == image


@pytest.mark.parametrize(("file", "release"), [("blue", "ulmo"), ("green", "verawood")], indirect=["file"])
def test_settings_are_shown_of_the_version_that_serves(file: Path, release: str) -> None:
    content = stack_file.read("campus", file)
    stack = stack_file.instance(content, placeholders=True)
    shown = django_settings.django_setting(content, stack, ("lms", "CELERY_BROKER_TRANSPORT_OPTIONS"))
    assert ("global_keyprefix" in shown.value) == (release == "verawood")


@pytest.mark.parametrize("file", ["blue", "green"], indirect=True)
def test_the_image_that_migrated_last_is_asked_for_a_rollback(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs: list[str] = []
    monkeypatch.setattr(rollback, "run_job", lambda client, job, *_, **__: jobs.append(job))
    monkeypatch.setattr(rollback, "target_of", lambda *_, **__: _Target())
    monkeypatch.setattr(rollback.history, "between", lambda *_: _Moment())
    content = stack_file.read("campus", file)
    rollback._require_database(content, [], None, Options(), _Silent())
    assert jobs == ["migration-check-green"]


class _Studio:
    request: dict[str, Any]

    def ask(self, script: str, request: dict[str, Any], **_: object) -> dict[str, Any]:
        self.request = request
        return {"indexed": 1, "studio": True, "failed": {}}


class _Target:
    def client(self) -> object:
        return object()


class _Moment:
    def isoformat(self) -> str:
        return "2026-11-30T12:00:00+00:00"


class _Silent:
    def print(self, *_: object, **__: object) -> None:
        pass
