"""Backups in the containers that make, verify and restore them, while people use the site.

That every row, document and file comes back is shown by `tests/parts/test_backup_restore.py`, without pods.
"""

from __future__ import annotations

import json

import pytest
from changes import ask, executed, under_load
from machine import until
from rows import Running

pytestmark = pytest.mark.containers


def leave_task(running: Running, number: str) -> None:
    """Leave a task, and wait until it has ended."""
    assert ask(running, running.hosts.lms, f"/enqueue?number={number}").status_code == 202
    until(lambda: number in executed(running), 60, f"task {number} does not end")


def test_a_backup_is_kept(running: Running) -> None:
    leave_task(running, "before-the-backup")
    result = running.instance.run("backup")
    assert result.code == 0 and "The backup is kept." in result.out, result.text
    listed = running.instance.run("backup", "list", "--json")
    assert listed.code == 0, listed.text
    kinds = [each["kind"] for each in json.loads(listed.out)]
    assert kinds[0] == "before-upgrade" and kinds[-1] == "by-hand"


def test_the_newest_backup_is_proved_in_a_namespace_of_its_own(running: Running) -> None:
    result = running.instance.run("verify")
    assert result.code == 0 and "it is good" in result.out, result.text
    proof = json.loads((running.bucket.files / "dev-proofs" / "latest.json").read_text())
    assert proof["instance"] == "dev" and proof["files_read"] is True
    assert "lms answers {'/heartbeat': 200" in result.out and "cms answers {'/heartbeat': 200}" in result.out


def test_a_restore_under_load_shows_the_maintenance_page_and_no_error(running: Running) -> None:
    leave_task(running, "after-the-backup")

    def change() -> None:
        result = running.instance.run("restore", "--yes")
        assert result.code == 0 and "The backup is restored." in result.out, result.text

    tally, _ = under_load(running, "a restore", change, keeps_data=False)
    assert tally.asked > 200 and tally.asked_to_wait > 0
    assert not tally.reasons(), tally.reasons()
    assert executed(running).get("before-the-backup") == 1
    assert "after-the-backup" not in executed(running)
