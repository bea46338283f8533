"""Accounts are retired by the platform's own steps, in its states, and by nobody else's client."""

from __future__ import annotations

from pathlib import Path

import pytest
import settings_case as case
from facts import RETIREMENT, readers
from retirement_run import SECRETS, Run, account, stack

from openedx_infra import scripts
from openedx_infra.components.edx_platform.duties import tasks
from openedx_infra.config import ConfigError, load
from openedx_infra.config.secrets.needed import required
from openedx_infra.releases import RELEASES
from openedx_infra.settings.parts.retirement import CLIENT_ID, WORKER, configuration, steps


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("notes", [False, True])
def test_each_step_is_one_that_the_release_has(release: str, notes: bool) -> None:
    own = {"ENABLE_EDXNOTES": notes, "EDXNOTES_PUBLIC_API": "https://n", "EDXNOTES_INTERNAL_API": "https://n"}
    found = steps(stack(release, settings={"common": own}))
    assert release in RETIREMENT["client"]["releases"]
    for start, end, service, method in found:
        assert method in RETIREMENT["client"]["steps"] and service == "LMS"
        assert start.startswith("RETIRING_") and end == f"{start.removeprefix('RETIRING_')}_COMPLETE"
    assert (found[1][3] == "retirement_retire_notes") is notes
    assert found[-1][3] == "retirement_lms_retire"
    for name in ("RETIREMENT_STATES", "RETIREMENT_SERVICE_WORKER_USERNAME"):
        assert release in readers()[name]


def test_the_lms_knows_the_states_of_all_steps() -> None:
    said = stack()
    found = case.plain("lms", said)
    first, last = RETIREMENT["states"]["first"], RETIREMENT["states"]["last"]
    between = [state for step in steps(said) for state in step[:2]]
    assert found["RETIREMENT_STATES"] == [first, *between, *last]
    assert found["RETIREMENT_SERVICE_WORKER_USERNAME"] == WORKER
    assert "RETIREMENT_STATES" not in case.plain("lms", stack(enabled=False))


def test_notes_of_a_companion_service_are_deleted_too() -> None:
    assert "RETIRING_NOTES" in {step[0] for step in steps(stack(services={"notes": {}}))}


def test_without_discussions_there_is_no_step_for_them() -> None:
    without = stack(features={"flags": {"ENABLE_DISCUSSION_SERVICE": False}})
    assert "RETIRING_FORUMS" not in case.plain("lms", without)["RETIREMENT_STATES"]


def test_it_is_off_unless_the_stack_file_turns_it_on() -> None:
    off = load("campus", {"site": {"lms_host": "learn.example.org"}})
    assert "retirement" not in {task.name for task in tasks(off)}
    assert "retirement_oauth2_secret" not in {secret.name for secret in required(off)}
    assert scripts.setup_parameters(off)["clients"] == []


def test_one_switch_makes_duty_client_and_secret() -> None:
    said = stack(retirement={"schedule": "5 3 * * 1"})
    [task] = [task for task in tasks(said) if task.name == "retirement"]
    assert (task.schedule, task.retries, task.site.name) == ("5 3 * * 1", 0, "lms")
    assert "retirement_oauth2_secret" in {secret.name for secret in required(said)}
    [client] = scripts.setup_parameters(said)["clients"]
    assert (client["client_id"], client["user"], client["secret"]) == (
        CLIENT_ID,
        WORKER,
        "retirement_oauth2_secret",
    )
    assert configuration(said, SECRETS)["client_id"] == CLIENT_ID


def test_what_can_not_work_is_refused() -> None:
    own = {"RETIREMENT_STATES": ["PENDING", "ERRORED", "ABORTED", "COMPLETE"]}
    with pytest.raises(ConfigError, match=r"duties\.enabled` is false") as wrong:
        stack(duties={"enabled": False}, settings={"lms": own})
    assert "settings.lms.RETIREMENT_STATES: is written by this program while" in str(wrong.value)
    stack(enabled=False, settings={"lms": own})
    with pytest.raises(ConfigError, match="retirement is a built-in duty"):
        stack(duties={"extra": {"retirement": {"command": ["./x"], "schedule": "0 1 * * *"}}})


STEPS = ["RETIRING_FORUMS", "RETIRING_ENROLLMENTS", "RETIRING_LMS_MISC", "RETIRING_LMS"]


def test_who_waited_long_enough_is_retired_and_no_other(tmp_path: Path) -> None:
    accounts = {
        "ann": account(1),
        "new": account(2, days=3),
        "kept": account(3, state="ABORTED"),
        "bad": account(4, state="ERRORED"),
    }
    run = Run(tmp_path, accounts)
    assert run.code == 0, run.printed
    assert run.states() == {"ann": "COMPLETE", "new": "PENDING", "kept": "ABORTED", "bad": "ERRORED"}
    assert run.accounts["ann"]["steps"] == STEPS
    assert not any(name in run.printed for name in accounts)


@pytest.mark.parametrize("state", [*STEPS, "FORUMS_COMPLETE", "LMS_COMPLETE"])
def test_a_run_that_was_cut_short_is_continued(tmp_path: Path, state: str) -> None:
    run = Run(tmp_path, {"ann": account(1, state=state)})
    assert run.code == 0 and run.states() == {"ann": "COMPLETE"}, run.printed
    rest = STEPS[STEPS.index(state) :] if state in STEPS else {"F": STEPS[1:], "L": []}[state[0]]
    assert run.accounts["ann"].get("steps", []) == rest


def test_one_that_fails_keeps_no_other_and_is_reported(tmp_path: Path) -> None:
    run = Run(tmp_path, {"ann": account(1, fails="RETIRING_LMS"), "bob": account(2)})
    assert run.states() == {"ann": "ERRORED", "bob": "COMPLETE"}
    assert run.code == 1 and "1 of 2 accounts could not be retired" in run.printed
    assert "user 1: Refused: 500" in run.printed


def test_while_the_lms_is_away_nobody_becomes_an_error(tmp_path: Path) -> None:
    run = Run(tmp_path, {"ann": account(1, unreachable="RETIRING_LMS"), "bob": account(2)})
    assert run.states() == {"ann": "RETIRING_LMS", "bob": "PENDING"}
    assert run.code == 1 and "the next run goes on" in run.printed


def test_too_many_at_once_are_none(tmp_path: Path) -> None:
    run = Run(tmp_path, {f"user-{n}": account(n) for n in range(3)}, most=2)
    assert set(run.states().values()) == {"PENDING"}
    assert run.code == 1 and "more than 2 accounts are due" in run.printed


def test_old_records_are_deleted(tmp_path: Path) -> None:
    done = {f"old-{n}": account(n, state="COMPLETE", days=60) for n in range(150)}
    accounts = {**done, "young": account(999, state="COMPLETE", days=20)}
    assert Run(tmp_path, accounts).states() == {"young": "COMPLETE"}
    assert len(Run(tmp_path, accounts, record_days=None).states()) == 151


ARCHIVE = {"bucket": "campus-archive", "endpoint": "http://127.0.0.1:9", "folder": "gdpr"}


def test_an_archive_has_its_own_login_and_must_have_something_to_keep() -> None:
    said = stack(retirement={"archive": ARCHIVE})
    needed = {secret.name: secret.make for secret in required(said)}
    keys = ("retirement_archive_access_key", "retirement_archive_secret_key")
    assert [needed[name] for name in keys] == [None, None]
    assert not set(keys) & {secret.name for secret in required(stack())}
    found = configuration(said, SECRETS)["archive"]
    assert (found["bucket"], found["folder"], found["access_key"]) == ("campus-archive", "gdpr", "archive")
    with pytest.raises(ConfigError, match=r"retirement\.archive: has no effect while `record_days` is null"):
        stack(retirement={"archive": ARCHIVE, "record_days": None})


def test_records_that_the_archive_does_not_take_are_kept(tmp_path: Path) -> None:
    run = Run(tmp_path, {"old-ann": account(1, state="COMPLETE", days=60)}, archive=ARCHIVE)
    assert run.states() == {"old-ann": "COMPLETE"}
    assert run.code == 1 and "bucket campus-archive took nothing" in run.printed, run.printed
    assert "old-ann" not in run.printed and "archive key" not in run.printed


REPORTS = {"bucket": "campus-reports", "endpoint": "http://127.0.0.1:9", "partners": {"NorthX": ["north"]}}


@pytest.mark.parametrize("release", RELEASES)
def test_partners_are_told_before_the_account_has_no_name(release: str) -> None:
    said = stack(release, retirement={"partner_reports": REPORTS})
    states = [step[0] for step in steps(said)]
    assert states[-2:] == ["RETIRING_PARTNER_QUEUE", "RETIRING_LMS"]
    assert set(RETIREMENT["client"]["steps"]) >= {step[3] for step in steps(said)}
    assert "RETIRING_PARTNER_QUEUE" not in {step[0] for step in steps(stack(release))}


def test_reports_have_a_login_of_their_own() -> None:
    said = stack(retirement={"partner_reports": REPORTS})
    needed = {secret.name for secret in required(said)}
    assert needed >= {"retirement_reports_access_key", "retirement_reports_secret_key"}
    assert "retirement_archive_access_key" not in needed
    found = configuration(said, SECRETS)
    assert found["archive"] is None and found["partner_reports"]["partners"] == {"NorthX": ["north"]}
    assert (found["partner_reports"]["folder"], found["partner_reports"]["secret_key"]) == (
        "partner-reports",
        "reports key",
    )


def test_while_the_reports_server_is_away_accounts_are_retired(tmp_path: Path) -> None:
    run = Run(tmp_path, {"ann": account(1, orgs=["NorthX"])}, partner_reports=REPORTS)
    assert run.states() == {"ann": "COMPLETE"} and run.accounts["ann"]["queued"] == "waits"
    assert run.code == 1 and "no partner was told; see `openedx:retirement.partner_reports`" in run.printed
