"""No task is lost when workers are rolled, killed, or lose their broker: real Celery on a real Redis, with
the instance's settings and command lines."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery_platform import Platform, Stream, send, until
from servers import Redis

pytestmark = pytest.mark.parts


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Redis]:
    """A broker that keeps what was said, as the instance's own does."""
    (tmp_path / "broker").mkdir()
    server = Redis(tmp_path / "broker")
    server.start("appendonly yes", "maxmemory-policy noeviction")
    yield server
    server.stop()


@pytest.fixture
def platform(tmp_path: Path, broker: Redis) -> Iterator[Platform]:
    found = Platform(tmp_path, broker, {"socket_timeout": 3})
    yield found
    found.stop()


def all_ended(platform: Platform, stream: Stream) -> bool:
    return set(range(stream.sent)) <= set(platform.noted("ended"))


def test_rolling_over_loses_and_repeats_nothing(platform: Platform) -> None:
    """A new worker starts, then the old one gets SIGTERM and ends what it has, three times."""
    with Stream(platform) as stream:
        old = platform.worker()
        for _ in range(3):
            new = platform.worker()
            assert old.stop() == 0
            old = new
            time.sleep(1)
    until(lambda: all_ended(platform, stream), "all tasks end", 30)
    assert stream.sent > 50
    assert sorted(platform.noted("begun")) == list(range(stream.sent)), "each is begun once"


def test_what_a_lost_node_had_is_done_by_others(platform: Platform) -> None:
    doomed = platform.worker()
    send(platform, "work", 9000, 30)
    until(lambda: 9000 in platform.noted("begun"), "it begins", 30)
    with Stream(platform) as stream:
        time.sleep(1)
        lost = time.monotonic()
        doomed.kill()
        platform.worker()
        until(lambda: platform.noted("begun").count(9000) == 2, "another begins it", 150)
        seconds = time.monotonic() - lost
    until(lambda: all_ended(platform, stream), "all tasks end", 40)
    print(f"{seconds:.0f} s after the loss another worker began the task")


def test_a_task_whose_process_alone_dies_is_begun_once_more(platform: Platform) -> None:
    platform.worker()
    send(platform, "work", 1, 3)
    until(lambda: 1 in platform.noted("begun"), "it begins", 30)
    os.kill(platform.process_of(1), signal.SIGKILL)
    until(lambda: 1 in platform.noted("ended"), "it ends", 30)
    assert platform.noted("begun").count(1) == 2


def test_a_task_that_kills_its_processes_holds_up_nobody(platform: Platform) -> None:
    worker = platform.worker()
    send(platform, "deadly", 7)
    send(platform, "work", 8, 0.1)
    until(lambda: 8 in platform.noted("ended"), "the one behind it ends", 30)
    until(lambda: "KilledItsProcesses" in worker.log.read_text(), "it has failed", 30)
    time.sleep(15)  # longer than the broker needs to hand out again what nobody acknowledged
    assert platform.noted("begun").count(7) == 2


def test_a_broker_that_restarts_loses_nothing(platform: Platform, broker: Redis) -> None:
    worker = platform.worker()
    with Stream(platform) as stream:
        time.sleep(2)
        broker.stop()
        time.sleep(4)
        broker.start("appendonly yes", "maxmemory-policy noeviction")
        time.sleep(4)
    until(lambda: all_ended(platform, stream), "all tasks end", 150)
    assert worker.process.poll() is None, "nobody had to restart it"


def test_a_broker_that_no_longer_answers_is_asked_anew(platform: Platform, broker: Redis) -> None:
    """As a connection to a lost node: nothing is refused, nothing comes back."""
    assert broker.process
    worker = platform.worker()
    send(platform, "work", 1, 0.1)
    until(lambda: 1 in platform.noted("ended"), "it works", 30)
    os.kill(broker.process.pid, signal.SIGSTOP)
    time.sleep(8)
    os.kill(broker.process.pid, signal.SIGCONT)
    send(platform, "work", 2, 0.1)
    until(lambda: 2 in platform.noted("ended"), "it works again", 40)
    assert worker.process.poll() is None
