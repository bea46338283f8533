"""Who was made by a command signs in by a real browser, on the real hosts, with the password typed."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import NEEDED, Browser, browser
from commands import at_terminal, run
from machine import until
from rows import Running

pytestmark = pytest.mark.containers

PASSWORD = "correct-horse-9-battery"


@pytest.fixture
def window(running: Running, tmp_path: Path) -> Iterator[Browser]:
    """A browser that nobody is signed in with."""
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        pytest.skip(f"needs on PATH: {', '.join(missing)}")
    with browser(running.machine.entrance.url, running.hosts.lms, tmp_path / "profile") as opened:
        yield opened


def sign_in(window: Browser, running: Running, name: str, password: str) -> None:
    window.open(f"http://{running.hosts.lms}/login")
    assert window.address == f"http://{running.hosts.mfe}/authn/login"
    window.fill({"email_or_username": name, "password": password})


def demand_signed_in(window: Browser, running: Running, name: str) -> None:
    """The dashboard greets somebody by name, and so does Studio, which nobody signs in to."""
    window.wait_for("h1", name)
    assert window.address == f"http://{running.hosts.mfe}/learner-dashboard/"
    window.open(f"http://{running.hosts.studio}/home/")
    window.wait_for("h1", name)
    assert window.address == f"http://{running.hosts.studio}/home/"


def last_login(running: Running, name: str) -> str | None:
    heard = run(running, "users", "list", "--search", name, "--json")
    assert heard.code == 0, heard
    (user,) = json.loads(heard.out)
    found: str | None = user["last_login"]
    return found


def test_who_was_made_at_a_terminal_signs_in(running: Running, window: Browser) -> None:
    start = time.monotonic()
    answers = {"New password of anna: ": PASSWORD, "The same again: ": PASSWORD}
    heard = at_terminal(running, "users", "create", "anna", "anna@example.org", "--staff", answers=answers)
    assert heard.code == 0 and "User anna is made, with the rights of staff." in heard.out, heard
    assert PASSWORD not in heard.out
    running.timed("users create", start)
    assert last_login(running, "anna") is None

    sign_in(window, running, "anna", f"{PASSWORD}!")
    window.wait_for("[role=status]", "Not signed in: incorrect-email-or-password.")
    assert last_login(running, "anna") is None
    start = time.monotonic()
    sign_in(window, running, "anna@example.org", PASSWORD)
    demand_signed_in(window, running, "anna")
    running.timed("sign in, and go on to Studio", start)
    assert last_login(running, "anna")

    heard = run(running, "users", "password", "anna", "--stdin", stdin=f"other-{PASSWORD}\n")
    assert heard.code == 0 and "Sessions that it had are ended." in heard.out, heard
    window.open(f"http://{running.hosts.mfe}/learner-dashboard/")
    window.wait_for("h1", "nobody")
    sign_in(window, running, "anna", PASSWORD)
    window.wait_for("[role=status]", "Not signed in: incorrect-email-or-password.")
    sign_in(window, running, "anna", f"other-{PASSWORD}")
    demand_signed_in(window, running, "anna")


def test_who_was_invited_sets_a_password_by_the_link_of_the_mail(running: Running, window: Browser) -> None:
    heard = run(running, "users", "create", "bert", "bert@example.org", "--invite")
    assert heard.code == 0 and "A mail to bert@example.org has a link" in heard.out, heard
    until(lambda: mailed_link(running, "bert@example.org"), 30, "no mail came")
    link = mailed_link(running, "bert@example.org")
    assert link and link.startswith(f"http://{running.hosts.mfe}/authn/password_reset_confirm/")

    sign_in(window, running, "bert", "")
    window.wait_for("[role=status]", "Not signed in: incorrect-email-or-password.")
    window.open(link)
    window.fill({"new_password1": PASSWORD, "new_password2": PASSWORD})
    window.wait_for("[role=status]", "The password is set.")
    sign_in(window, running, "bert", PASSWORD)
    demand_signed_in(window, running, "bert")

    window.open(link)
    window.fill({"new_password1": "another-9-password", "new_password2": "another-9-password"})
    window.wait_for("[role=status]", "This link is good no more.")


def mailed_link(running: Running, address: str) -> str | None:
    """The link in the newest mail to an address, as the mail server's log has it."""
    heard = run(running, "logs", "smtp", "--raw", "--tail", "200")
    mails = heard.out.split("MESSAGE FOLLOWS")
    links = [re.search(r"https?://[^\s'\"]+", mail) for mail in mails if f"To: {address}" in mail]
    return links[-1][0] if links and links[-1] else None
