"""Logs of many pods are shown as one: in order, complete, and in words."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable

import pytest
from log_server import LogServer
from rich.console import Console

from openedx_infra.operations.cli.running import pods as arguments
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import logs
from openedx_infra.operations.pods.components import matching
from openedx_infra.operations.pods.log_lines import readable
from openedx_infra.operations.pods.logs import Line, Wanted
from openedx_infra.operations.pods.show_lines import Printer

ALL = Wanted()
NAMES = {"lms", "studio", "lms-worker-default", "lms-worker-high-mem", "mysql", "mfe"}


def stamped(second: int, text: str) -> str:
    return f"2026-11-30T10:00:{second:02}.000000000Z {text}"


def read(server: LogServer, component: str | None, wanted: Wanted = ALL) -> tuple[list[str], list[str]]:
    lines: list[Line] = []
    notes: list[str] = []
    logs.read(server.client(), component, wanted, lines.append, notes.append)
    return [f"{line.pod}: {line.text}" for line in lines], notes


@pytest.fixture
def server() -> LogServer:
    with LogServer() as server:
        server.pod("lms-1", "lms")
        server.pod("lms-2", "lms", "lms", "tracking")
        server.pod("lms-worker-default-1", "lms-worker-default")
        server.pod("lms-migrate-1", "lms-migrate", job="lms-migrate")
        server.pod("mysql-0", "mysql")
        server.logs["lms-1", "lms"].add(stamped(1, "a"), stamped(4, "d"))
        server.logs["lms-2", "lms"].add(stamped(2, "b"), stamped(5, "e"))
        server.logs["lms-2", "tracking"].add(stamped(3, "c"))
        server.logs["lms-worker-default-1", "lms-worker-default"].add(stamped(2, "w"))
        server.logs["lms-migrate-1", "lms-migrate"].add(stamped(0, "m"))
        server.logs["mysql-0", "mysql"].add(stamped(0, "q"))
        yield server


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("lms", {"lms"}),
        ("cms", {"studio"}),
        ("lms-worker", {"lms-worker-default", "lms-worker-high-mem"}),
        ("lms*", {"lms", "lms-worker-default", "lms-worker-high-mem"}),
    ],
)
def test_a_name_means_components(name: str, meant: set[str]) -> None:
    assert matching(name, NAMES) == meant


def test_a_name_that_means_none_is_told_with_those_there_are() -> None:
    with pytest.raises(OperationError) as caught:
        matching("studo", NAMES)
    assert "did you mean studio? there are lms, lms-worker-default" in str(caught.value)


def test_lines_of_all_pods_of_a_component_come_in_order(server: LogServer) -> None:
    lines, notes = read(server, "lms")
    assert lines == ["lms-1: a", "lms-2: b", "lms-2: c", "lms-1: d", "lms-2: e"]
    assert notes == []


def test_without_a_component_it_is_the_platform_without_its_jobs(server: LogServer) -> None:
    assert [line.split()[-1] for line in read(server, None)[0]] == ["a", "b", "w", "c", "d", "e"]
    assert read(server, "lms-migrate")[0] == ["lms-migrate-1: m"]
    assert read(server, "mysql")[0] == ["mysql-0: q"]


def test_what_is_wanted_is_asked_for(server: LogServer) -> None:
    assert read(server, "lms", Wanted(tail=1))[0] == ["lms-2: c", "lms-1: d", "lms-2: e"]
    read(server, "mysql", Wanted(since_seconds=90, previous=True))
    asked = {"container": "mysql", "timestamps": "true", "sinceSeconds": "90", "previous": "true"}
    assert server.asked[-1] == asked


def test_a_container_without_a_log_is_noted(server: LogServer) -> None:
    server.logs["lms-2", "lms"].refusal = 'container "lms" is waiting to start: ContainerCreating'
    lines, notes = read(server, "lms")
    assert lines == ["lms-1: a", "lms-2: c", "lms-1: d"]
    assert notes == [
        'The log of lms-2 can\'t be read: container "lms" is waiting to start: ContainerCreating.'
    ]


def test_no_log_at_all_is_an_error(server: LogServer) -> None:
    server.logs["mysql-0", "mysql"].refusal = 'previous terminated container "mysql" not found'
    with pytest.raises(OperationError, match=r"There is no log to show.*previous terminated"):
        read(server, "mysql", Wanted(previous=True))


def test_simulated_nodes_have_no_logs(server: LogServer) -> None:
    server.node["metadata"]["annotations"] = {"kwok.x-k8s.io/node": "fake"}
    with pytest.raises(OperationError, match="nodes are simulated"):
        read(server, "lms")


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_followed_logs_go_on_in_new_pods_and_after_an_interruption(
    server: LogServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "LOOK_SECONDS", 0.1)
    texts: list[str] = []

    def show(line: Line) -> None:
        texts.append(line.text)
        if line.text == "stop":
            raise KeyboardInterrupt

    log = server.logs["mysql-0", "mysql"]
    wanted = Wanted(follow=True, tail=100)
    run = threading.Thread(target=logs.follow, args=(server.client(), "mysql", wanted, show, texts.append))
    run.start()
    wait_for(lambda: texts == ["q"])
    log.add(stamped(1, "r"))
    wait_for(lambda: texts == ["q", "r"])
    log.ended = True
    log.add(stamped(2, "s"), stamped(2, "t"))  # two lines of one moment
    wait_for(lambda: len([each for each in server.asked if "sinceTime" in each]) > 1)
    log.ended = False
    log.add(stamped(3, "u"))
    wait_for(lambda: texts == ["q", "r", "s", "t", "u"])
    server.pod("mysql-1", "mysql")
    server.logs["mysql-1", "mysql"].add(stamped(4, "stop"))
    run.join(10)
    assert not run.is_alive()
    assert texts == ["q", "r", "s", "t", "u", "stop"]


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (
            {
                "time": "2026-11-30T10:00:00.000+00:00",
                "level": "ERROR",
                "service": "lms",
                "logger": "django.request",
                "message": "Internal Server Error: /courses",
                "process": 7,
                "user": 12,
                "address": "192.0.2.1",
                "file": "log.py:1",
                "exception": "Traceback\n  x",
            },
            "2026-11-30T10:00:00.000+00:00 ERROR django.request Internal Server Error: /courses user=12 "
            "address=192.0.2.1\nTraceback\n  x",
        ),
        (
            {
                "level": "info",
                "ts": 1764496800.5,
                "logger": "http.log.access",
                "msg": "handled request",
                "request": {"method": "GET", "host": "apps.example.org", "uri": "/learning", "headers": {}},
                "status": 200,
            },
            "2025-11-30T10:00:00.500+00:00 INFO http.log.access handled request GET apps.example.org "
            "/learning status=200",
        ),
        (
            {
                "event_type": "problem_check",
                "name": "problem_check",
                "event_source": "server",
                "time": "2026-11-30T10:00:00+00:00",
                "username": "anna",
                "context": {"course_id": "course-v1:Campus+1+2026"},
                "event": {"answers": {"1": "private"}},
            },
            "2026-11-30T10:00:00+00:00 EVENT problem_check user=anna course=course-v1:Campus+1+2026",
        ),
        (
            {
                "t": {"$date": "2026-11-30T10:00:00Z"},
                "s": "I",
                "c": "NETWORK",
                "id": 1,
                "ctx": "conn1",
                "msg": "Connection ended",
                "attr": {"remote": "10.0.0.1"},
            },
            "2026-11-30T10:00:00Z I NETWORK Connection ended",
        ),
    ],
)
def test_json_is_told_in_words(entry: dict[str, object], text: str) -> None:
    assert readable(json.dumps(entry)) == text


@pytest.mark.parametrize("line", ["plain", "{broken", '{"other": 1}', "[1]", ""])
def test_other_lines_stay_as_they_are(line: str) -> None:
    assert readable(line) == line


def test_every_printed_line_has_its_pod_and_no_markup_is_taken() -> None:
    output = io.StringIO()
    console = Console(file=output, width=20)
    line = Line(
        time="", pod="lms-2", container="tracking", text='{"message": "[red]x", "exception": "a\\nb"}'
    )
    Printer(console, console, raw=False).line(line)
    assert output.getvalue().splitlines() == [
        "lms-2/tracking [red]x",
        "lms-2/tracking a",
        "lms-2/tracking b",
    ]
    Printer(console, console, raw=True).line(line)
    assert '"exception": "a\\nb"' in output.getvalue()


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("1h30m", 5400), ("2d", 172800)])
def test_times_are_read(text: str, seconds: int) -> None:
    assert arguments._seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "10", "m", "10 m", "1w", "-1s"])
def test_what_is_no_time_is_a_fault_of_usage(text: str) -> None:
    with pytest.raises(arguments.typer.BadParameter, match="90s, 10m, 2h, 1d"):
        arguments._seconds(text)


@pytest.mark.parametrize(
    ("time", "shown"),
    [
        ("1764526800", "2025-11-30T18:20:00.000+00:00"),
        ("1764526800000", "2025-11-30T18:20:00.000+00:00"),
        ("1e300", "1e+300"),
        ("NaN", "nan"),
    ],
)
def test_times_in_seconds_and_milliseconds_and_what_is_no_time(time: str, shown: str) -> None:
    assert readable(f'{{"ts": {time}, "msg": "it started"}}') == f"{shown} it started"
