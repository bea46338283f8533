"""A sink of events that takes a connection and answers nothing holds up none of the platform's tasks: real
Celery on a real Redis, with the routes and command lines of an instance with workers for sinks alone."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery_platform import POOL, Platform, Stream, until
from servers import HOST, Redis

from openedx_infra.components.edx_platform.sites import LMS
from openedx_infra.components.edx_platform.workers import worker_command
from openedx_infra.config import load
from openedx_infra.config.sizing.sizing import WorkerPool

pytestmark = pytest.mark.parts

SINKS = WorkerPool(queues=("events",), concurrency=2)
EVENTS = range(100, 110)
TASK = "event_routing_backends.tasks.dispatch_event"
"""Of the plugin that sends xAPI; it waits for its sink's answer, as that one does."""
APP = """

@APP.task(name="{task}")
def dispatch(number):
    import socket
    note("begun", number)
    with socket.create_connection(("{host}", {port})) as sink:
        assert sink.recv(2) == b"ok"
    note("ended", number)
"""
SEND = f"""
from lms.celery import APP
for number in range({EVENTS.start}, {EVENTS.stop}):
    APP.send_task("{TASK}", [number])
"""


class Sink:
    """A server whose connections wait until it is well again."""

    def __init__(self) -> None:
        self._server = socket.create_server((HOST, 0))
        self.port = self._server.getsockname()[1]
        self.well = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        self.well.wait()
        connection.sendall(b"ok")
        connection.close()

    def close(self) -> None:
        self.well.set()
        self._server.close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    found = Sink()
    yield found
    found.close()


@pytest.fixture
def platform(tmp_path: Path, sink: Sink) -> Iterator[Platform]:
    stack = load(
        "campus",
        {
            "site": {"lms_host": "learn.example.org"},
            "event_sinks": {"xapi": {"url": "https://lrs.example.org/xapi", "username": "campus"}},
            "images": {"openedx": "registry.example.org/openedx:1"},
            "sizing": {
                "lms_workers": {
                    "default": {"queues": [*POOL.queues, "high_mem"]},
                    "sinks": {"queues": [*SINKS.queues]},
                }
            },
        },
    )
    (tmp_path / "broker").mkdir()
    broker = Redis(tmp_path / "broker")
    broker.start("appendonly yes", "maxmemory-policy noeviction")
    found = Platform(tmp_path, broker, {"socket_timeout": 3}, stack=stack)
    code = tmp_path / "pod" / "platform"
    with (code / "lms" / "celery.py").open("a") as app:
        app.write(APP.format(task=TASK, host=HOST, port=sink.port))
    router = code / "openedx/core/lib/celery/routers.py"
    router.parent.mkdir(parents=True)
    router.write_text("def route_task(name, args, kwargs, options, task=None, **more):\n    return None\n")
    yield found
    found.stop()
    broker.stop()


def test_a_sink_that_does_not_answer_holds_up_no_other_task(platform: Platform, sink: Sink) -> None:
    platform.worker()
    platform.worker(command=worker_command(LMS, "sinks", SINKS))
    environment = {**platform.environment, "NOTES": str(platform.notes)}
    subprocess.run([sys.executable, "-c", SEND], cwd=platform.folder, env=environment, check=True, timeout=60)
    until(lambda: len(platform.noted("begun")) == SINKS.concurrency, "all workers for sinks wait", 60)
    with Stream(platform) as stream:
        until(lambda: len(platform.noted("ended")) >= 20, "tasks of the platform end", 60)
    assert stream.sent >= 20
    begun = set(platform.noted("begun")) & set(EVENTS)
    assert len(begun) == SINKS.concurrency, "those that can't go on are in their own pool"
    assert not set(platform.noted("ended")) & set(EVENTS)
    others = {platform.process_of(number) for number in platform.noted("ended")}
    assert not others & {platform.process_of(number) for number in begun}
    sink.well.set()
    until(lambda: set(EVENTS) <= set(platform.noted("ended")), "all events reach the sink", 60)
