"""The verbs users create, password and list."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.users_and_courses.platform_script import platform

SCRIPT = "users.py"
RIGHTS = {"is_staff": "staff", "is_superuser": "superuser"}
"""Rights of a user by the columns of Django."""
_DAY, _HOUR = 86400, 3600

Invite = Literal["mail", "link"]


@dataclass(frozen=True, kw_only=True)
class NewUser:
    """Who is to be made."""

    name: str
    """User name, shown to others, and never changed later."""
    email: str
    full_name: str = ""
    """Name on certificates. Empty: the user name."""
    staff: bool = False
    """May author all courses, and see Django's admin."""
    superuser: bool = False
    """May do everything in Django's admin."""


def create(
    stack: str,
    config_file: Path | None,
    user: NewUser,
    console: Console,
    *,
    invite: Invite | None = None,
    stdin: bool = False,
) -> None:
    """Make a user, whose password is asked for unless it is invited to set one. One that is there gets the
    rights that it lacks, and nothing else is changed."""
    lms = platform(stack, config_file, "lms")
    password = None if invite else new_password(user.name, stdin=stdin)
    request = {
        "action": "create",
        "name": user.name,
        "email": user.email,
        "full_name": user.full_name,
        "staff": user.staff,
        "superuser": user.superuser,
        "password": password,
        "invite": invite,
    }
    done = lms.ask(SCRIPT, request)
    rights = " and ".join(RIGHTS[column] for column in done["given"])
    if done["made"]:
        console.print(f"User {user.name} is made{f', with the rights of {rights}' if rights else ''}.")
    elif rights:
        console.print(f"User {user.name} exists, and now has the rights of {rights}, too.")
    else:
        console.print(f"User {user.name} exists already. Nothing was changed.")
    if not done["made"]:
        command = f"openedx-infra users password {user.name} --stack {stack}"
        console.print(f"Its password stays; `{command}` sets another one.", soft_wrap=True)
    print_invitation(done, user.name, stack, console)


def set_password(
    stack: str,
    config_file: Path | None,
    name: str,
    console: Console,
    *,
    invite: Invite | None = None,
    stdin: bool = False,
) -> None:
    """Set a user's password, which is asked for unless the user is invited to set it."""
    lms = platform(stack, config_file, "lms")
    password = None if invite else new_password(name, stdin=stdin)
    done = lms.ask(SCRIPT, {"action": "password", "name": name, "password": password, "invite": invite})
    if password is not None:
        console.print(f"User {done['user']} has a new password. Sessions that it had are ended.")
    if not done["active"]:
        console.print(
            f"User {done['user']} is not active: its e-mail address was never confirmed, or the account is "
            "disabled. Django's admin activates it.",
            soft_wrap=True,
        )
    print_invitation(done, str(done["user"]), stack, console)


def show(
    stack: str,
    config_file: Path | None,
    console: Console,
    *,
    search: str = "",
    staff: bool = False,
    limit: int,
    as_json: bool = False,
) -> None:
    """Print users by name."""
    request = {"action": "list", "search": search, "staff": staff, "limit": limit}
    done = platform(stack, config_file, "lms").ask(SCRIPT, request)
    users: list[Mapping[str, Any]] = done["users"]
    if as_json:
        print(json.dumps(users, indent=2))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Name", "E-mail", "Rights", "Active", "Last login (UTC)"):
        table.add_column(column)
    for user in users:
        rights = [right for column, right in RIGHTS.items() if user[column]]
        last = str(user["last_login"] or "never")[:16]
        table.add_row(user["username"], user["email"], ", ".join(rights), _yes(user["is_active"]), last)
    console.print(table if users else "There are no such users.")
    if done["count"] > len(users):
        console.print(f"{len(users)} of {done['count']} users are shown; --limit and --search choose others.")


def new_password(name: str, *, stdin: bool) -> str:
    """A new password: the first line of standard input, or what is typed twice, unseen.

    Raises OperationError when there is none, or the two differ.
    """
    if stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = getpass(f"New password of {name}: ")
        if password != getpass("The same again: "):
            raise OperationError("The two passwords differ. Nothing was changed.", remedy="type it again")
    else:
        raise OperationError(
            "There is no terminal to ask for a password by. Nothing was changed.",
            remedy="add --stdin and pipe the password in, or invite the user by --invite or --link",
        )
    if not password:
        raise OperationError("The password is empty. Nothing was changed.", remedy="type one")
    return password


def print_invitation(done: Mapping[str, Any], name: str, stack: str, console: Console) -> None:
    """Print what became of an invitation to set a password."""
    if "mailed" in done:
        console.print(
            f"A mail to {done['mailed']} has a link to set a password, good for {_time(done['seconds'])}.",
            soft_wrap=True,
        )
    if "link" in done:
        console.print(
            f"This link sets the password of {name}, once, within {_time(done['seconds'])}. "
            "Whoever has it can use it:",
            soft_wrap=True,
        )
        print(done["link"])
    if "not_mailed" in done:
        raise OperationError(
            f"No mail could be sent to {name}: {done['not_mailed']}. The user is there.",
            remedy=f"`openedx-infra users password {name} --link --stack {stack}` prints a link instead",
        )


def _time(seconds: int) -> str:
    number, unit = (seconds // _DAY, "day") if seconds >= _DAY else (seconds // _HOUR, "hour")
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _yes(value: object) -> str:
    return "yes" if value else "no"
