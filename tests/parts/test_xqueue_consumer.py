"""Xqueue's consumer as first process, as in its container: SIGTERM ends it, and no answer is lost half-way.

The library around it is a stand-in with the forms of upstream's `run_consumer` and `Worker`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from servers import demand

from openedx_infra.services.xqueue import CONSUMER, consumer_program

pytestmark = pytest.mark.parts

PATIENCE = 60
"""Seconds until what must happen is given up."""
LIBRARY = {
    "settings.py": 'SECRET_KEY = "x"\nINSTALLED_APPS = ["submission_queue"]\n',
    "submission_queue/__init__.py": "",
    "submission_queue/management/__init__.py": "",
    "submission_queue/management/commands/__init__.py": "",
    "submission_queue/consumer.py": """
import multiprocessing, pathlib, time
from django.apps import apps

apps.check_models_ready()  # upstream's imports a model

class Worker(multiprocessing.get_context("fork").Process):
    def __init__(self, queue_name, worker_url):
        super().__init__()
        self.queue_name, self.worker_url = queue_name, worker_url

    def run(self):
        while True:
            self._deliver_submission()
            pathlib.Path(f"idle-{self.queue_name}").touch()
            # Python sees a signal that comes just before a sleep after it.
            time.sleep(0.01 if pathlib.Path("busy").exists() else 5)

    def _deliver_submission(self):
        for waiting in sorted(pathlib.Path().glob(f"waiting-{self.queue_name}-*"))[:1]:
            taken = waiting.rename(waiting.name.replace("waiting", "taken"))
            while not pathlib.Path("answer").exists():
                time.sleep(0.01)
                if getattr(self, "is_stopping", False):
                    pathlib.Path("told").touch()
            taken.rename(taken.name.replace("taken", "graded"))
""",
    "submission_queue/management/commands/run_consumer.py": """
import time
from django.core.management.base import BaseCommand
from submission_queue.consumer import Worker

class Command(BaseCommand):
    def handle(self, *args, **options):
        workers = [Worker(queue_name=name, worker_url="http://grader") for name in ("a", "b")]
        for worker in workers:
            worker.start()
        while any(worker.exitcode is None for worker in workers):
            time.sleep(10)
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the library and our program."""
    for name, text in {**LIBRARY, f"{CONSUMER}.py": consumer_program()}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def consumer(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The consumer, process 1 of a PID namespace of its own; whoever waits for it gets its exit code."""
    demand("unshare")
    if os.geteuid() != 0:
        pytest.skip("a PID namespace needs root")
    (folder / "busy").touch()
    process = start(folder, "-m", CONSUMER)
    yield process
    process.kill()
    process.wait()


def start(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    """Start Python as process 1 of a PID namespace; it is killed with the process that is returned."""
    return subprocess.Popen(
        ["unshare", "--pid", "--fork", "--kill-child", sys.executable, *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "settings"},
    )


def terminate(process: subprocess.Popen[bytes]) -> None:
    """Send SIGTERM to the first process of the namespace, as a node does."""
    [first] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(first), signal.SIGTERM)


def until(holds: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"{what}: not in {PATIENCE} s"
        time.sleep(0.01)


def test_workers_that_wait_end_at_once(folder: Path, consumer: subprocess.Popen[bytes]) -> None:
    (folder / "busy").unlink()
    for name in ("idle-a", "idle-b"):
        until((folder / name).exists, name)
    terminate(consumer)
    assert consumer.wait(PATIENCE) == 0


def test_an_answer_that_was_taken_is_graded_and_no_other_is_taken(
    folder: Path, consumer: subprocess.Popen[bytes]
) -> None:
    for name in ("waiting-a-1", "waiting-a-2"):
        (folder / name).touch()
    until((folder / "taken-a-1").exists, "the first is taken")
    terminate(consumer)
    until((folder / "told").exists, "the worker is told")
    assert consumer.poll() is None
    (folder / "answer").touch()
    assert consumer.wait(PATIENCE) == 0
    left = {path.name for path in folder.iterdir()}
    assert "graded-a-1" in left and "waiting-a-2" in left, left


def test_the_command_alone_would_ignore_it(folder: Path) -> None:
    """Why there is a program of ours: if upstream's command ends by itself one day, it can go."""
    demand("unshare")
    process = start(folder, "-m", "django", "run_consumer")
    try:
        until((folder / "idle-a").exists, "it works")
        terminate(process)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
    finally:
        process.kill()
        process.wait()
