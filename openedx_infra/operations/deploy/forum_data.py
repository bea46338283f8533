"""Refuses a release whose forum reads MySQL only while discussions are in MongoDB: learners would see none.

The running platform is asked, as only its own code knows what is there. What can't be asked is no reason to
refuse: nothing is deleted by an upgrade.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from openedx_infra.config import PROJECT, Stack
from openedx_infra.operations.deploy.release_order import migrated_releases
from openedx_infra.operations.engine.session import Session
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.state import history
from openedx_infra.operations.users_and_courses.forum import courses_in_mongodb, unmoved
from openedx_infra.releases import RELEASES


def require_forum_in_mysql(session: Session, state: Mapping[str, Any], console: Console) -> None:
    """Raise OperationError where the next `up` would leave discussions behind.

    A platform that is stopped can't be asked, and was before it was stopped.
    """
    stack = session.stack
    if session.local or not isinstance(stack, Stack) or not leaves_mongodb(stack, migrated_releases(state)):
        return
    past = history.finished(session.live, session.file)
    before = next((update.config for update in past if update.succeeded), {})
    if (before.get(f"{PROJECT}:maintenance") or {}).get("pause"):
        return
    try:
        courses = courses_in_mongodb(session.request.name, session.request.config_file)
    except OperationError as error:
        console.print(
            f"[yellow]Whether discussions are in MongoDB is not known[/yellow]: {error}", soft_wrap=True
        )
        return
    if left := unmoved(courses):
        raise OperationError(
            f"Discussions of {_some(left)} are in MongoDB, which the forum of {stack.release} doesn't read: "
            "learners would see none. Nothing was changed.",
            remedy=f"run `openedx-infra forum migrate --stack {stack.name}`, which copies and compares them; "
            f"or `openedx-infra forum delete-mongodb --unmoved --stack {stack.name}` to give them up",
        )


def leaves_mongodb(stack: Stack, migrated: Mapping[str, str]) -> bool:
    """Whether the forum of the databases' release can read MongoDB, and that of a version to come can't.

    `migrated`: releases of the Jobs that migrated, by their names.
    """
    were = [RELEASES[release].forum_in_mongodb for release in migrated.values() if release in RELEASES]
    return (
        bool(were) and all(were) and not all(each.pinned_release.forum_in_mongodb for each in stack.versions)
    )


def _some(courses: list[str]) -> str:
    shown, rest = courses[:3], len(courses) - 3
    return ", ".join(shown) + (f" and {rest} more courses" if rest > 0 else "")
