"""Logs, commands, ports and restarts of containers that really run, by a kubelet's own protocols."""

from __future__ import annotations

import re

import httpx2
import pytest
from changes import ask
from commands import Background, background, run
from instances import COMPONENT
from lightkube.resources.core_v1 import Pod
from machine import until
from rows import Running

pytestmark = pytest.mark.containers

SOON = 10.0
"""Seconds within which a line must be shown that was just written: far less than the log is old by then."""


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


def test_followed_logs_come_as_they_are_written_and_end_by_ctrl_c(running: Running) -> None:
    with background(running, "logs", "lms", "--follow", "--tail", "0", "--raw") as following:
        until_shown(running, following, "first")
        for number in range(3):
            ask(running, running.hosts.lms, f"/courses?mark=line-{number}")
            following.wait_for(f"mark=line-{number}", SOON)
        assert following.interrupt() == 0


def test_followed_logs_go_on_with_the_pods_of_a_restart(running: Running) -> None:
    before = pods_of(running, "lms")
    with background(running, "logs", "lms", "--follow", "--tail", "0", "--raw") as following:
        until_shown(running, following, "before")
        heard = run(running, "restart", "lms")
        assert heard.code == 0 and "1 restarted: lms." in heard.out, heard
        after = pods_of(running, "lms")
        assert after and not after & before
        line = until_shown(running, following, "after")
        assert line.split()[0] in after
        assert following.interrupt() == 0


def until_shown(running: Running, following: Background, mark: str) -> str:
    """The line of a page that is asked for until it is shown: a log is read from some moment on."""
    for number in range(30):
        ask(running, running.hosts.lms, f"/courses?mark={mark}-{number}")
        try:
            return following.wait_for(f"mark={mark}-", 2)
        except AssertionError:
            continue
    raise AssertionError("no line is shown")


def pods_of(running: Running, component: str) -> set[str]:
    """Names of the pods of a component that don't end."""
    pods = running.instance.client.list(Pod, labels={COMPONENT: component})
    metadata = [pod.metadata for pod in pods if pod.metadata and not pod.metadata.deletionTimestamp]
    return {each.name for each in metadata if each.name}


def test_a_port_leads_to_a_pod(running: Running) -> None:
    with background(running, "port-forward", "lms", "0:8000") as forwarding:
        line = forwarding.wait_for("127.0.0.1:", 30)
        port = int(re.search(r"127\.0\.0\.1:(\d+)", line)[1])
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            for _ in range(3):
                answer = client.get("/slow?seconds=0.2", headers={"Host": running.hosts.lms})
                assert answer.status_code == 200 and answer.text == "whole " * 1000
        assert forwarding.interrupt() == 0
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"http://127.0.0.1:{port}", trust_env=False)


def test_a_site_stops_and_starts_again(running: Running) -> None:
    heard = run(running, "stop", "--yes")
    assert heard.code == 0, heard
    resting = ask(running, running.hosts.lms, "/")
    assert resting.status_code == 503 and "Retry-After" in resting.headers
    assert not pods_of(running, "lms") and pods_of(running, "mysql")
    heard = run(running, "start", "--yes")
    assert heard.code == 0, heard
    until(lambda: ask(running, running.hosts.lms, "/").status_code == 200, 60, "the site does not serve")
    assert run(running, "status").code == 0
