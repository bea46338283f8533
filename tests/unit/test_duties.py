"""Scheduled commands, their times and their words."""

from __future__ import annotations

import re
from typing import Any, Literal

import pytest
import settings_case as case

from openedx_infra.components.edx_platform.duties import tasks
from openedx_infra.config import Stack, load
from openedx_infra.config.sections.duties import Duties, resolved


def stack(name: str = "campus", **duties: Any) -> Stack:
    return load(name, {"site": {"lms_host": "learn.example.org"}, "duties": duties})


def test_every_duty_of_the_stack_file_has_a_command() -> None:
    assert list(Duties().built_in) == list(Duties.commands())


def test_what_does_nothing_here_is_off() -> None:
    off = {name for name, duty in Duties().built_in.items() if not duty.enabled}
    assert off == {"reindex_studio", "programs", "course_overviews"}


STORES: dict[str, tuple[str, str, str | None]] = {
    "sessions": ("SESSION_ENGINE", r"backends\.(cached_)?db$", "sessions"),
    "results of Celery's tasks": ("CELERY_RESULT_BACKEND", r"^(?!django-cache)", None),
}
"""Stores that a setting puts into the database: the setting, by which values, and the duty that empties it.
None: nobody does, so it must not be there."""


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("site", ["lms", "cms"])
def test_what_a_setting_puts_into_the_database_is_emptied(site: Literal["lms", "cms"], store: str) -> None:
    setting, in_database, duty = STORES[store]
    value = case.plain(site, stack()).get(setting, "django-cache")
    if re.search(in_database, value):
        assert duty and Duties().built_in[duty].enabled, f"nobody empties {store}"


def test_tables_that_only_grow_have_a_duty() -> None:
    """Those that the platform's releases have a command or a task for."""
    emptied = {"tokens", "sessions", "notifications", "user_tasks"}
    assert {name for name, duty in Duties().built_in.items() if duty.enabled} >= emptied


def test_h_is_a_minute_of_instance_and_duty() -> None:
    found = resolved("H 3 * * 0", "campus", "tokens")
    assert found == resolved("H 3 * * 0", "campus", "tokens")
    assert re.fullmatch(r"[0-5]?\d 3 \* \* 0", found)
    names = Duties.commands()
    assert len({resolved("H 3 * * *", "campus", name) for name in names}) > len(names) // 2


def test_instances_begin_at_different_minutes() -> None:
    """A hundred instances of one cluster: no minute has more than a few."""
    minutes = [resolved("H 3 * * *", f"campus-{n}", "tokens").split()[0] for n in range(100)]
    assert max(map(minutes.count, minutes)) <= 7
    assert {int(minute) for minute in minutes} <= set(range(60))


@pytest.mark.parametrize("step", [2, 7, 15, 59])
def test_h_with_a_step_begins_within_it(step: int) -> None:
    found = resolved(f"H/{step} * * * *", "campus", "tasks")
    [(first, every)] = re.findall(r"^(\d+)-59/(\d+) \* \* \* \*$", found)
    assert int(first) < step == int(every)


def test_other_schedules_stay_as_they_are() -> None:
    assert resolved("*/20 6-22 * * 1,3", "campus", "x") == "*/20 6-22 * * 1,3"


def test_commands_are_the_platforms_own() -> None:
    found = {task.name: list(task.command) for task in tasks(stack(tokens={"args": ["--batch_size=500"]}))}
    assert found["tokens"] == [
        *("./manage.py", "lms", "edx_clear_expired_tokens", "--sleep_time=1", "--batch_size=500")
    ]
    assert found["reindex-courses"] == ["./manage.py", "cms", "reindex_course", "--active"]


def test_mails_go_out_for_the_lms_alone() -> None:
    """Studio's host is a Site, too, and would mail everybody a second time."""
    found = {task.name: task for task in tasks(stack())}
    for name in ("nudges", "upgrade-reminders", "course-updates", "next-sections"):
        assert found[name].command[-1] == "learn.example.org"
        assert found[name].retries == 0


def test_duties_are_switched_off_alone_and_together() -> None:
    assert "saml" not in {task.name for task in tasks(stack(saml={"enabled": False}))}
    extra = {"mine": {"command": ["./mine.sh"], "schedule": "0 1 * * *"}}
    assert tasks(stack(enabled=False, extra=extra)) == []


def test_an_own_duty_comes_as_it_is_said() -> None:
    said = {"site": "studio", "command": ["./mine.sh", "-v"], "schedule": "5 1 * * *", "secrets": ["api"]}
    [task] = [task for task in tasks(stack(extra={"mine": said})) if task.name == "mine"]
    assert (task.site.name, task.command, task.schedule) == ("studio", ("./mine.sh", "-v"), "5 1 * * *")
    assert (task.retries, task.secrets) == (0, ("api",))


def test_a_run_ends_before_the_next_one_of_tasks_that_were_planned() -> None:
    [task] = [task for task in tasks(stack()) if task.name == "instructor-tasks"]
    assert task.minutes < 15
