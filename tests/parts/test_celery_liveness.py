"""The liveness file tells a worker that hangs from one that is busy, or waits."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery_platform import Platform, Worker, send_all, until
from servers import Redis

from openedx_infra.components.edx_platform.liveness_probe import WORKER_SILENT_MINUTES, liveness
from openedx_infra.components.edx_platform.workers import BEAT_COMMAND
from openedx_infra.settings.paths import ALIVE_FILE

pytestmark = pytest.mark.parts
OLD = 5.0
"""Seconds after which the file is old here: some looks of a worker at itself, and more than it ever waits."""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Redis]:
    (tmp_path / "broker").mkdir()
    server = Redis(tmp_path / "broker")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def platform(tmp_path: Path, broker: Redis) -> Iterator[Platform]:
    found = Platform(tmp_path, broker)
    yield found
    found.stop()


def oldest(worker: Worker, seconds: float) -> float:
    """The oldest that the file gets within some seconds."""
    end, found = time.monotonic() + seconds, 0.0
    while time.monotonic() < end:
        found = max(found, worker.age())
        time.sleep(0.1)
    return found


def test_it_is_fresh_while_a_worker_is_idle_and_while_it_is_busy(platform: Platform) -> None:
    worker = platform.worker()
    assert oldest(worker, 12) < OLD
    send_all(platform, *(("work", number, 20) for number in (1, 2, 3)))
    until(lambda: len(platform.noted("begun")) == 2, "both processes are busy", 30)
    assert oldest(worker, 10) < OLD
    assert platform.noted("ended") == []


def test_it_is_fresh_while_the_broker_is_away(platform: Platform, broker: Redis) -> None:
    worker = platform.worker()
    broker.stop()
    time.sleep(1)
    # Celery tries again after 2, 4, 6 … seconds, 30 at most: it stirs with each.
    assert oldest(worker, 20) < 10
    assert "Trying again in" in worker.log.read_text()


def test_it_gets_old_when_the_process_is_stopped(platform: Platform) -> None:
    worker = platform.worker()
    os.kill(worker.process.pid, signal.SIGSTOP)
    until(lambda: worker.age() > 2 * OLD, "it gets old", 30)


def test_it_gets_old_when_the_main_thread_hangs(platform: Platform) -> None:
    """Other threads of it, and its children, still run."""
    worker = platform.worker()
    os.kill(worker.process.pid, signal.SIGUSR2)
    until(lambda: worker.age() > 2 * OLD, "it gets old", 30)
    assert worker.process.poll() is None


def test_celery_s_clock_has_one_too(platform: Platform) -> None:
    schedule = f"--schedule={platform.folder}/schedule"
    command = [schedule if word.startswith("--schedule") else word for word in BEAT_COMMAND]
    assert platform.worker(command=command).age() < OLD


def test_the_probe_tells_fresh_from_old_and_from_missing(tmp_path: Path) -> None:
    said = liveness(WORKER_SILENT_MINUTES)["exec"]["command"]
    file = tmp_path / "alive"
    command = [word.replace(ALIVE_FILE, str(file)) for word in said]

    def fails() -> bool:
        return subprocess.run(command, capture_output=True).returncode != 0

    assert fails(), "there is no file"
    file.touch()
    assert not fails()
    os.utime(file, (0, time.time() - 60 * WORKER_SILENT_MINUTES + 30))
    assert not fails()
    os.utime(file, (0, time.time() - 60 * (WORKER_SILENT_MINUTES + 1) - 5))
    assert fails()
