"""Set-up makes clients, users and flags of all services of this program, and takes them back."""

from __future__ import annotations

from pathlib import Path

import pytest
from services_on import SERVICES, smallest
from test_scripts_setup import Outcome, run

from openedx_infra import scripts
from openedx_infra.config import Stack, load
from openedx_infra.config.services.registry import companions

WHICH = [*((name,) for name in SERVICES), SERVICES]


def _stack(names: tuple[str, ...]) -> Stack:
    site = {"lms_host": "learn.example.org"}
    return load("dev", {"site": site, "services": smallest(names)} if names else {"site": site})


def _set_up(folder: Path, stack: Stack, earlier: Stack | None = None) -> Outcome:
    """Run set-up with a file for the secret of each client, which holds its name."""
    for each in (stack, *([earlier] if earlier else [])):
        for client in scripts.setup_parameters(each)["clients"]:
            if secret := client.get("secret"):
                (folder / secret).write_text(f"{secret}-value\n", encoding="utf-8")
    return run(folder, "lms_setup.py", stack, earlier=earlier)


@pytest.mark.parametrize("names", WHICH, ids=lambda names: names[0] if len(names) == 1 else "all")
def test_clients_and_users_are_those_that_services_name(names: tuple[str, ...], tmp_path: Path) -> None:
    stack = _stack(names)
    outcome = _set_up(tmp_path, stack)
    rows = {row["client_id"]: row for row in outcome.rows["Application"]}
    users = {row["username"]: row for row in outcome.rows["User"]}
    for each in companions(stack):
        added = each.service.platform(stack, each.section)
        for client in added.oauth_clients:
            row = rows[client.client_id]
            assert row["client_secret"] == f"{client.secret}-value"
            assert (row["user"], row["authorization_grant_type"]) == (client.user, client.grant)
            assert row["redirect_uris"].split() == list(client.redirect_uris)
        for user in added.service_users:
            rights = (users[user.name]["is_staff"], users[user.name]["is_superuser"])
            assert rights == (user.staff, user.superuser)
        for flag, on in added.waffle_flags.items():
            assert outcome.flags()[flag] is on
        for switch, on in added.waffle_switches.items():
            assert outcome.switches()[switch] is on
    assert "-value" not in outcome.printed


def test_all_is_taken_back_when_they_are_off(tmp_path: Path) -> None:
    earlier = _stack(SERVICES)
    outcome = _set_up(tmp_path, _stack(()), earlier)
    assert [row["client_id"] for row in outcome.rows["Application"]] == ["cms-sso"]
    own = {
        user.name
        for each in companions(earlier)
        for user in each.service.platform(earlier, each.section).service_users
    }
    assert own
    rights = [
        (row["is_staff"], row["is_superuser"]) for row in outcome.rows["User"] if row["username"] in own
    ]
    assert set(rights) == {(False, False)}
