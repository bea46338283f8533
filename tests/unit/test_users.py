"""Users are made, invited and listed by the script that verbs send, on a platform whose shell really runs."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from exec_server import ExecServer
from platform_case import PlatformCase
from rich.console import Console

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.users_and_courses import users
from openedx_infra.operations.users_and_courses.platform_script import Platform

PASSWORD = "Correct-Horse-9'\"\n"
LINK = re.compile(r"https://apps\.example\.org/authn/password_reset_confirm/\w+-\S+/\?track=pwreset")


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformCase]:
    case = PlatformCase(tmp_path_factory.mktemp("platform") / "edx-platform")
    yield case
    case.close()


@pytest.fixture
def server(case: PlatformCase, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExecServer]:
    """What verbs ask instead of a cluster."""
    with case.server() as server:
        monkeypatch.setattr(users, "platform", lambda *_: Platform(server.container(), "lms"))
        yield server


def said(verb: Any, *arguments: Any, **options: Any) -> str:
    console = Console(file=io.StringIO(), width=200)
    verb("dev", None, *arguments, console, **options)
    return console.file.getvalue()


def refused(case: PlatformCase, **request: Any) -> str:
    with pytest.raises(OperationError) as raised:
        case.ask(**request)
    return str(raised.value)


def test_a_user_can_sign_in_and_is_active_with_a_profile(case: PlatformCase) -> None:
    wanted = {"name": "anna", "email": "anna@example.org", "full_name": "Anna A.", "staff": True}
    done = case.ask("create", password=PASSWORD, superuser=True, **wanted)
    assert done == {"made": True, "given": ["is_staff", "is_superuser"]}
    seen = case.shell(
        "from django.contrib.auth import authenticate\n"
        f"user = authenticate(username='anna', password={PASSWORD!r})\n"
        "print(user.email, user.is_staff, user.is_superuser, user.is_active, user.profile.name, "
        "user.registration.activation_timestamp is not None)"
    )
    assert seen == "anna@example.org True True True Anna A. True\n"


def test_one_that_exists_keeps_its_password_and_gets_the_rights_it_lacks(case: PlatformCase) -> None:
    case.ask("create", name="bert", email="bert@example.org", password=PASSWORD)
    other = {"action": "create", "name": "bert", "email": "Bert@example.org", "password": "Another-Horse-9"}
    assert case.ask(**other) == {"made": False, "given": []}
    assert case.ask(**other, staff=True) == {"made": False, "given": ["is_staff"]}
    assert case.ask(**other) == {"made": False, "given": []}
    seen = case.shell(
        "from django.contrib.auth import authenticate\n"
        f"print(authenticate(username='bert', password={PASSWORD!r}).is_staff)"
    )
    assert seen == "True\n"


def test_what_the_platform_refuses_is_told_at_once_and_nothing_is_made(case: PlatformCase) -> None:
    text = refused(case, action="create", name="a b", email="nobody", password="short", full_name="<i>")
    for part in (
        "user name: Usernames can only",
        "e-mail address: Enter a valid",
        "full name: ",
        "password: ",
    ):
        assert part in text
    assert case.ask("list", search="a b")["count"] == 0


def test_names_and_addresses_of_others_are_refused(case: PlatformCase) -> None:
    case.ask("create", name="carla", email="carla@example.org", password=PASSWORD)
    text = refused(case, action="create", name="carla", email="other@example.org")
    assert text == "User carla exists, with another e-mail address (carla@example.org)."
    text = refused(case, action="create", name="dora", email="CARLA@example.org")
    assert text == "e-mail address: it is user carla's"


def test_an_invited_user_sets_its_password_by_the_link_of_a_mail(case: PlatformCase) -> None:
    done = case.ask("create", name="emil", email="emil@example.org", invite="mail")
    assert done["mailed"] == "emil@example.org" and done["seconds"] == 259200
    (mail,) = case.mails()
    assert "To: emil@example.org" in mail
    (link,) = LINK.findall(mail.replace("=\n", "").replace("=3D", "="))
    token = link.split("-", 1)[1].partition("/")[0]
    seen = case.shell(
        "from django.contrib.auth import get_user_model\n"
        "from django.contrib.auth.tokens import default_token_generator\n"
        "user = get_user_model().objects.get(username='emil')\n"
        f"print(user.has_usable_password(), default_token_generator.check_token(user, {token!r}))"
    )
    assert seen == "True True\n"


def test_a_link_is_returned_instead_of_a_mail(case: PlatformCase) -> None:
    done = case.ask("create", name="fred", email="fred@example.org", invite="link")
    assert LINK.fullmatch(done["link"]) and case.mails() == []
    again = case.ask("password", name="FRED@example.org", invite="link")
    assert again["user"] == "fred" and LINK.fullmatch(again["link"])


def test_a_password_is_set_by_name_or_address(case: PlatformCase) -> None:
    case.ask("create", name="gina", email="gina@example.org", password=PASSWORD)
    assert "password: " in refused(case, action="password", name="gina", password="short")
    assert refused(case, action="password", name="nobody", password=PASSWORD) == "There is no user nobody."
    done = case.ask("password", name="gina", password="Another-Horse-9")
    assert done == {"user": "gina", "active": True}
    seen = case.shell(
        "from django.contrib.auth import authenticate\n"
        "print(bool(authenticate(username='gina', password='Another-Horse-9')))"
    )
    assert seen == "True\n"


def test_a_mail_that_can_not_be_sent_leaves_a_user_and_a_remedy(
    case: PlatformCase, server: ExecServer
) -> None:
    (case.folder / "mail").write_text("no folder")
    try:
        with pytest.raises(OperationError, match=r"No mail could be sent to hans: .*The user is there"):
            said(users.create, users.NewUser(name="hans", email="hans@example.org"), invite="mail")
    finally:
        (case.folder / "mail").unlink()
    assert case.ask("list", search="hans")["count"] == 1


def test_verbs_take_a_password_from_standard_input_and_hide_it(
    case: PlatformCase,
    server: ExecServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Correct-Horse-9\n"))
    user = users.NewUser(name="ida", email="ida@example.org", staff=True)
    text = said(users.create, user, stdin=True)
    assert text == "User ida is made, with the rights of staff.\n"
    arguments = json.dumps(server.requests)
    assert "Correct-Horse" not in arguments + text + "".join(capsys.readouterr())
    monkeypatch.setattr("sys.stdin", io.StringIO("Correct-Horse-9\n"))
    text = said(users.create, user, stdin=True)
    assert text.startswith("User ida exists already. Nothing was changed.\nIts password stays;")


def test_without_a_terminal_there_is_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Correct-Horse-9\n"))
    with pytest.raises(OperationError, match="add --stdin"):
        users.new_password("ida", stdin=False)
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    with pytest.raises(OperationError, match="empty"):
        users.new_password("ida", stdin=True)


def test_users_are_listed(case: PlatformCase, server: ExecServer, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        case.ask("create", name=f"karl{number}", email=f"karl{number}@example.org")
    text = said(users.show, search="karl", limit=2)
    assert "karl0" in text and "karl1" in text and "2 of 3 users are shown" in text
    said(users.show, search="karl", limit=9, as_json=True)
    listed = json.loads(capsys.readouterr().out)
    assert [user["username"] for user in listed] == ["karl0", "karl1", "karl2"]
    assert "There are no such users" in said(users.show, search="karl", staff=True, limit=9)


def test_a_failing_platform_is_told_with_its_last_lines(case: PlatformCase) -> None:
    broken = case.environment | {"DJANGO_SETTINGS_MODULE": "no_such_settings"}
    with (
        ExecServer(folder=case.folder, environment=broken) as server,
        pytest.raises(OperationError) as raised,
    ):
        Platform(server.container(), "lms").ask("users.py", {"action": "list"})
    text = str(raised.value)
    assert text.startswith("The platform failed in pod lms-1 (exit code 1):")
    assert "No module named 'no_such_settings'" in text


def test_administrators_are_made_once_and_invited_once(case: PlatformCase) -> None:
    wanted = [{"name": "lea", "email": "lea@example.org"}, {"name": "bert", "email": "wrong@example.org"}]
    case.ask("create", name="bert", email="bert@example.org")
    program = f"administrators({wanted!r})"
    first = case.shell(program)
    assert first == (
        "lms_setup: administrator lea was made and invited by mail\n"
        "lms_setup: warning: administrator bert was not made: "
        "User bert exists, with another e-mail address (bert@example.org).\n"
    )
    assert len(case.mails()) == 1
    assert "lea was made" not in case.shell(program) and case.mails() == []
    (lea,) = case.ask("list", search="lea")["users"]
    assert lea["is_staff"] and lea["is_superuser"] and lea["is_active"]


def test_administrators_without_mail_fail_no_set_up(case: PlatformCase) -> None:
    (case.folder / "mail").write_text("no folder")
    try:
        printed = case.shell("administrators([{'name': 'mia', 'email': 'mia@example.org'}])")
    finally:
        (case.folder / "mail").unlink()
    assert "warning: administrator mia was made, but no mail could be sent" in printed
    assert "openedx-infra users password mia --link" in printed
