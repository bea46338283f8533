"""The verb dev seed: the demo course, and the users that devstack had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from openedx_infra.operations.development.data.instance import development_instance
from openedx_infra.operations.engine.session import Request
from openedx_infra.operations.users_and_courses import courses
from openedx_infra.operations.users_and_courses.platform_script import platform

__all__ = ["Request", "seed"]

SCRIPT = "seed.py"
PASSWORD = "edx"
"""Password of all of them, as on devstack. Only development instances have such users: their hosts are names
of one machine."""
DEMO_COURSE = "course-v1:OpenedX+DemoX+DemoCourse"
"""Key of the demo course of named releases (openedx-demo-course, course.xml)."""


def _user(
    name: str, *, staff: bool = False, superuser: bool = False, mode: str = "audit", team: bool = False
) -> Mapping[str, Any]:
    return {
        "name": name,
        "email": f"{name}@example.com",
        "staff": staff,
        "superuser": superuser,
        "mode": mode,
        "team": team,
    }


USERS: Sequence[Mapping[str, Any]] = (
    _user("edx", staff=True, superuser=True),
    _user("staff", staff=True),
    _user("instructor", team=True),
    _user("verified", mode="verified"),
    _user("audit"),
    _user("honor", mode="honor"),
)
"""Names and rights as devstack's provisioning made them, and an instructor of the demo course."""


def seed(request: Request, console: Console, *, course: bool = True) -> None:
    """Import the demo course unless it is there, and make the users, or give them their password back."""
    development_instance(request)
    if course and not _imported(request):
        courses.import_demo(request.name, request.config_file, console)
    lms = platform(request.name, request.config_file, "lms")
    wanted = {"users": list(USERS), "password": PASSWORD, "course": DEMO_COURSE if course else None}
    done = lms.ask(SCRIPT, {"action": "seed", **wanted})
    made = ", ".join(done["made"]) or "none, as all were there"
    console.print(f"Users made: {made}.", highlight=False)
    console.print(
        f"Sign in as one of {', '.join(done['all'])}: e-mail address NAME@example.com, password {PASSWORD}.",
        highlight=False,
        soft_wrap=True,
    )


def _imported(request: Request) -> bool:
    studio = platform(request.name, request.config_file, "cms")
    found = studio.ask(courses.SCRIPT, {"action": "list"})["courses"]
    return any(each["course"] == DEMO_COURSE for each in found)
