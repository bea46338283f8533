"""The usual users of a development instance are made with a known password, enrolled, and brought back."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from platform_case import PlatformCase
from rich.console import Console

from openedx_infra import scripts
from openedx_infra.operations.development.data import seed
from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.errors import OperationError

_STANDINS = """
import sys, types
enrolled = []
def enroll(user, key, mode):
    enrolled.append((user.username, str(key), mode))
class Role:
    def __init__(self, key): self.key = key
    def add_users(self, user): enrolled.append((user.username, type(self).__name__, str(self.key)))
models = sys.modules["common.djangoapps.student.models"]
models.CourseEnrollment = types.SimpleNamespace(enroll=enroll)
names = ("CourseInstructorRole", "CourseStaffRole")
roles = types.SimpleNamespace(**{name: type(name, (Role,), {}) for name in names})
sys.modules["common.djangoapps.student.roles"] = roles
sys.modules["opaque_keys"] = types.SimpleNamespace()
sys.modules["opaque_keys.edx"] = types.SimpleNamespace()
keys = types.SimpleNamespace(CourseKey=types.SimpleNamespace(from_string=str))
sys.modules["opaque_keys.edx.keys"] = keys
"""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformCase]:
    case = PlatformCase(tmp_path_factory.mktemp("seed") / "edx-platform")
    yield case
    case.close()


class Lms:
    """The LMS that runs the script in the stand-in platform."""

    def __init__(self, case: PlatformCase, courses: list[str]) -> None:
        self.case, self.courses = case, courses

    def ask(self, script: str, request: dict[str, Any], **_: Any) -> Any:
        if request["action"] == "list":
            return {"courses": [{"course": key} for key in self.courses]}
        text = scripts.in_platform(script).partition('"""Carries out')[0]
        arguments = {key: value for key, value in request.items() if key != "action"}
        program = (
            f"{_STANDINS}\nimport json\nspace = {{}}\nexec({text!r}, space)\n"
            f"done = space['ACTIONS'][{request['action']!r}](**json.loads({json.dumps(arguments)!r}))\n"
            "print(json.dumps([done, enrolled]))"
        )
        done, self.enrolled = json.loads(self.case.shell(program))
        return done


def run(
    case: PlatformCase, monkeypatch: pytest.MonkeyPatch, courses: list[str], **options: Any
) -> tuple[str, Lms, list[str]]:
    imported: list[str] = []
    lms = Lms(case, courses)
    monkeypatch.setattr(seed, "platform", lambda *_: lms)
    monkeypatch.setattr(seed, "development_instance", lambda _: None)
    monkeypatch.setattr(seed.courses, "import_demo", lambda name, *_: imported.append(name))
    console = Console(file=io.StringIO(), width=300)
    seed.seed(Request(name="dev"), console, **options)
    return console.file.getvalue(), lms, imported


def test_users_sign_in_with_the_usual_password_and_are_enrolled(
    case: PlatformCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, lms, imported = run(case, monkeypatch, [])
    assert "Users made: edx, staff, instructor, verified, audit, honor." in text
    assert imported == ["dev"]
    assert ["verified", seed.DEMO_COURSE, "verified"] in lms.enrolled
    assert ["instructor", "CourseInstructorRole", seed.DEMO_COURSE] in lms.enrolled
    seen = case.shell(
        "from django.contrib.auth import authenticate\n"
        "users = [authenticate(username=name, password='edx') for name in ('edx', 'staff', 'honor')]\n"
        "print([(each.email, each.is_staff, each.is_superuser, each.profile.name) for each in users])"
    )
    assert seen == (
        "[('edx@example.com', True, True, 'edx'), ('staff@example.com', True, False, 'staff'), "
        "('honor@example.com', False, False, 'honor')]\n"
    )


def test_seeding_again_gives_passwords_and_rights_back(
    case: PlatformCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(case, monkeypatch, [], course=False)
    case.shell(
        "from django.contrib.auth import get_user_model\n"
        "user = get_user_model().objects.get(username='audit')\n"
        "user.set_password('other'); user.is_staff = True; user.save()"
    )
    text, lms, imported = run(case, monkeypatch, [seed.DEMO_COURSE])
    assert "Users made: none, as all were there." in text and imported == []
    seen = case.shell(
        "from django.contrib.auth import authenticate\n"
        "print(authenticate(username='audit', password='edx').is_staff)"
    )
    assert seen == "False\n"
    _, lms, imported = run(case, monkeypatch, [], course=False)
    assert lms.enrolled == [] and imported == []


def test_other_instances_get_no_user_with_a_known_password(tmp_path: Path) -> None:
    file = tmp_path / "prod.yaml"
    file.write_text("config:\n  openedx:site: {name: Campus, lms_host: learn.example.org}\n")
    with pytest.raises(OperationError, match="no development instance"):
        seed.seed(Request(name="prod", config_file=file), Console(file=io.StringIO()))
