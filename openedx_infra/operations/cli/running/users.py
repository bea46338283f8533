"""Arguments of `users create`, `users password` and `users list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from openedx_infra.operations.cli.options import ConfigFile, Json, StackName, new_console
from openedx_infra.operations.stack_files.checkout import DEFAULT_STACK

if TYPE_CHECKING:
    from openedx_infra.operations.users_and_courses.users import Invite

app = typer.Typer(help="Users of the site.", no_args_is_help=True)

Stdin = Annotated[bool, typer.Option("--stdin", help="Read the password from standard input.")]
InviteByMail = Annotated[
    bool, typer.Option("--invite", help="Set no password: mail a link by which the user sets one.")
]
InviteByLink = Annotated[
    bool, typer.Option("--link", help="Set no password: print a link by which the user sets one.")
]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="User name: letters, digits, hyphens and underscores.")],
    mail: Annotated[str, typer.Argument(help="E-mail address.")],
    staff: Annotated[
        bool, typer.Option("--staff", help="May author all courses, and open the admin.")
    ] = False,
    superuser: Annotated[bool, typer.Option("--superuser", help="May do everything in the admin.")] = False,
    full_name: Annotated[str, typer.Option(help="Name on certificates. Default: the user name.")] = "",
    invite: InviteByMail = False,
    link: InviteByLink = False,
    stdin: Stdin = False,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Create an active user. The password is asked for; it is in no argument, log or list of processes."""
    from openedx_infra.operations.users_and_courses import users as verb

    user = verb.NewUser(name=name, email=mail, full_name=full_name, staff=staff, superuser=superuser)
    way = _invite(invite=invite, link=link, stdin=stdin)
    verb.create(stack, config_file, user, new_console(), invite=way, stdin=stdin)


@app.command()
def password(
    name: Annotated[str, typer.Argument(help="User name or e-mail address.")],
    invite: InviteByMail = False,
    link: InviteByLink = False,
    stdin: Stdin = False,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
) -> None:
    """Set a user's password, or invite the user to set it."""
    from openedx_infra.operations.users_and_courses import users as verb

    way = _invite(invite=invite, link=link, stdin=stdin)
    verb.set_password(stack, config_file, name, new_console(), invite=way, stdin=stdin)


@app.command("list")
def list_users(
    search: Annotated[str, typer.Option(help="Part of a name or an e-mail address.")] = "",
    staff: Annotated[bool, typer.Option("--staff", help="Only staff and superusers.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Most users to show.")] = 1000,
    stack: StackName = DEFAULT_STACK,
    config_file: ConfigFile = None,
    json: Json = False,
) -> None:
    """Show users, their rights and when they last signed in."""
    from openedx_infra.operations.users_and_courses import users as verb

    verb.show(stack, config_file, new_console(), search=search, staff=staff, limit=limit, as_json=json)


def _invite(*, invite: bool, link: bool, stdin: bool) -> Invite | None:
    if invite + link + stdin > 1:
        raise typer.BadParameter("choose one of --invite, --link and --stdin")
    return "mail" if invite else "link" if link else None
