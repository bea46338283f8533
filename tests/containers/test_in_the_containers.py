"""Logs, commands and shells of containers that really run, by a kubelet's own protocols."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

import pytest
from changes import ask
from checkouts import BIN
from rows import Running

pytestmark = pytest.mark.containers


@dataclass(frozen=True, kw_only=True)
class Heard:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


def command(running: Running, verb: str, *words: str) -> list[str]:
    instance = running.instance
    return [
        str(BIN / "openedx-infra"),
        verb,
        "--stack",
        instance.name,
        "--config-file",
        str(instance.file),
        *words,
    ]


def run(running: Running, verb: str, *words: str, stdin: str = "") -> Heard:
    checkout = running.instance.checkout
    done = subprocess.run(
        command(running, verb, *words),
        cwd=checkout.folder,
        env=checkout.environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Heard(code=done.returncode, out=done.stdout, err=done.stderr)


def test_commands_have_streams_and_codes(running: Running) -> None:
    heard = run(running, "exec", "lms", "--", "sh", "-c", "cat; echo e >&2; exit 7", stdin="in\n" * 50_000)
    assert (heard.code, heard.out, heard.err) == (7, "in\n" * 50_000, "e\n")
    heard = run(running, "manage", "lms", "--", "shell", "-c", "print(6 * 7)")
    assert heard.code == 0 and heard.out.splitlines()[-1] == "42", heard
    heard = run(running, "manage", "studio", "--", "no_such_command")
    assert heard.code == 1 and "Unknown command" in heard.err
    heard = run(running, "shell", stdin="from django.conf import settings\nprint(settings.LMS_BASE)\n")
    assert heard.code == 0 and running.hosts.lms in heard.out, heard


def test_shells_of_the_databases_log_in(running: Running) -> None:
    heard = run(
        running, "sql", stdin="SELECT COUNT(*) > 0 AS migrated, CURRENT_USER() FROM django_migrations;"
    )
    assert heard.code == 0, heard
    assert heard.out.split() == ["migrated", "CURRENT_USER()", "1", "root@localhost"]
    heard = run(running, "mongo", stdin="print('in', db.getName(), db.runCommand({ping: 1}).ok)\n")
    assert heard.code == 0 and "in openedx 1" in heard.out, heard


def test_logs_of_all_pods_are_one(running: Running) -> None:
    ask(running, running.hosts.lms, "/heartbeat")
    heard = run(running, "logs", "lms", "--tail", "20", "--raw")
    assert heard.code == 0, heard
    lines = heard.out.splitlines()
    assert len({line.split()[0] for line in lines}) == 2, "both pods have written"
    assert all(re.match(r"lms-[\w-]+ ", line) for line in lines)
    never = run(running, "logs", "mysql", "--previous")
    assert never.code == 1 and "There is no log to show" in never.err and "previous terminated" in never.err
