"""Discussions leave MongoDB when MySQL has each of them, and no release is reached that would lose them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
import settings_case as case
from rich.console import Console

from openedx_infra import settings
from openedx_infra.config import Stack, load
from openedx_infra.operations.deploy import forum_data
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.state.history import Update
from openedx_infra.operations.users_and_courses import forum
from openedx_infra.scripts import in_platform

COURSE = "course-v1:a+b+c"
POSTS = """
standin.users |= {1, 2}
standin.post(1, "CommentThread", 1)
standin.post(2, "Comment", 2, comment_thread_id=1)
standin.post(3, "Comment", 1, comment_thread_id=1, parent_id=2)
"""
GONE = """
standin.post(4, "CommentThread", 99)
standin.post(5, "Comment", 1, comment_thread_id=4)
standin.post(6, "Comment", 1, comment_thread_id=4, parent_id=5)
"""
"""A thread of a user that is gone, and what hangs on it."""


def run(program: str, release: str = "ulmo") -> Any:
    """What the last expression of a program is, which has the script's actions and its stand-ins."""
    *lines, last = program.strip().splitlines()
    script = in_platform("forum.py").partition("import inspect")[0].rpartition('"""Carries out')[0]
    code = "\n".join(
        (
            "import json, forum_standin as standin",
            f"standin.install({release!r})",
            f"scope = {{}}; exec({script!r}, scope)",
            "status, migrate, delete = (scope['ACTIONS'][name] for name in ('status', 'migrate', 'delete'))",
            "def refusal(action, *words):",
            "    try: return action(*words)",
            "    except scope['Refused'] as refused: return str(refused)",
            *lines,
            f"print('OUTCOME' + json.dumps({last}))",
        )
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(case.DATA), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.rpartition("OUTCOME")[2])


def test_posts_are_counted_one_by_one() -> None:
    [found] = run(f"{POSTS}{GONE}\nstandin.rows[1] = True\nstatus()['courses']")
    assert found == {
        "course": COURSE,
        "threads": 2,
        "comments": 4,
        "moved": 1,
        "left_out": 3,
        "missing": 2,
        "in_mysql": 1,
        "backend": "mongodb",
    }


def test_a_course_reads_mysql_once_nothing_is_missing() -> None:
    courses, overrides, calls = run(
        f"{POSTS}{GONE}\n[migrate([])['courses'], standin.overrides, standin.calls]"
    )
    assert (courses[0]["moved"], courses[0]["missing"], courses[0]["backend"]) == (3, 0, "mysql")
    assert overrides == [
        {"course_id": COURSE, "waffle_flag": "forum_v2.enable_mysql_backend", "enabled": True}
    ]
    copy = ["forum_migrate_course_from_mongodb_to_mysql", "--no-toggle", COURSE]
    assert calls == [copy, copy, ["rebuild_forum_indices"]], "the second pass has what came meanwhile"


def test_a_course_of_which_posts_are_missing_goes_on_to_read_mongodb() -> None:
    courses, overrides = run(
        f"{POSTS}\nstandin.broken.add(2)\n[migrate(['{COURSE}'])['courses'], standin.overrides]"
    )
    assert (courses[0]["missing"], courses[0]["backend"], overrides) == (2, "mongodb", [])
    assert forum.unmoved(courses) == [COURSE]


def test_nothing_is_deleted_that_mysql_lacks() -> None:
    text, left = run(f"{POSTS}\n[refusal(delete, [], False), len(standin.posts)]")
    assert "MySQL lacks posts of course-v1:a+b+c" in text and left == 3
    assert run(f"{POSTS}\nmigrate([])\ndelete([], False)\nlen(standin.posts)") == 0
    assert run(f"{POSTS}\ndelete([], True)\nlen(standin.posts)") == 0


def test_what_can_not_be_asked_is_refused_with_the_reason() -> None:
    assert run("standin.reachable = False\nrefusal(status)") == "MongoDB could not be asked: no primary"
    assert "no discussions of course-v1:x+y+z" in run(f"{POSTS}\nrefusal(migrate, ['course-v1:x+y+z'])")
    assert "reads MySQL only" in run(f"{POSTS}\nrefusal(status)", release="verawood")


def test_only_a_forum_that_reads_mongodb_is_told_of_it() -> None:
    ulmo, verawood = case.said(release="ulmo"), case.said(release="verawood")
    options = case.plain("lms", ulmo)["FORUM_MONGODB_CLIENT_PARAMETERS"]
    assert (options["host"], options["port"], options["username"]) == ("mongodb", 27017, "openedx")
    assert options["authSource"] == "openedx" and "password" not in options
    secret = case.secret("lms", ulmo)["FORUM_MONGODB_CLIENT_PARAMETERS"]
    assert secret == {"password": "<mongodb_password>"}
    assert case.plain("lms", ulmo)["FORUM_MONGODB_DATABASE"] == "openedx"
    for site, stack in (("lms", verawood), ("cms", ulmo)):
        assert not [name for name in case.whole(cast(settings.Site, site), stack) if "FORUM_MONGODB" in name]


def stack(release: str) -> Stack:
    built = {"openedx": "registry.example.org/o:1", "mfe": "registry.example.org/m:1"}
    return load("campus", {"site": {"lms_host": "learn.example.org"}, "release": release, "images": built})


def test_only_who_leaves_such_a_forum_is_asked() -> None:
    assert forum_data.leaves_mongodb(stack("verawood"), {"lms-migrate": "ulmo"})
    assert not forum_data.leaves_mongodb(stack("ulmo"), {"lms-migrate": "ulmo"})
    assert not forum_data.leaves_mongodb(stack("master"), {"lms-migrate": "verawood"})
    assert not forum_data.leaves_mongodb(stack("verawood"), {})


def required(monkeypatch: pytest.MonkeyPatch, courses: Any, **maintenance: bool) -> str:
    """What is printed, where an `up` to the next release goes on."""

    def answer(*_: object) -> Any:
        if isinstance(courses, OperationError):
            raise courses
        return courses

    config = {"openedx:release": "ulmo", "openedx:maintenance": maintenance}
    at = datetime(2026, 1, 1, tzinfo=UTC)
    past = [Update(start=at, end=at, succeeded=True, config=config)]
    monkeypatch.setattr(forum_data, "courses_in_mongodb", answer)
    monkeypatch.setattr(forum_data.history, "finished", lambda *_: past)
    monkeypatch.setattr(forum_data, "migrated_releases", lambda _: {"lms-migrate": "ulmo"})
    request = SimpleNamespace(name="campus", config_file=None)
    session: Any = SimpleNamespace(
        stack=stack("verawood"), local=False, request=request, live=None, file=None
    )
    printed = io.StringIO()
    forum_data.require_forum_in_mysql(session, {}, Console(file=printed, width=200))
    return printed.getvalue()


def course(number: int, **found: Any) -> dict[str, Any]:
    return {"course": f"course-v1:a+b+{number}", "missing": 0, "backend": "mysql", **found}


def test_a_release_that_would_lose_discussions_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [course(0), *(course(each, missing=1) for each in range(1, 4)), course(4, backend="mongodb")]
    with pytest.raises(OperationError, match=r"b\+1, .*b\+3 and 1 more courses are in MongoDB"):
        required(monkeypatch, found)
    assert required(monkeypatch, [course(0)]) == ""
    assert required(monkeypatch, found, pause=True) == "", "it was asked before it was stopped"


def test_who_can_not_be_asked_is_named_and_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = required(monkeypatch, OperationError("No pod of lms is ready."))
    assert "is not known: No pod of lms is ready." in printed
