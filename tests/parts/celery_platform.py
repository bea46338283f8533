"""The stand-in of the platform for Celery, with a few tasks, and workers as their pods start
them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import settings_case as case
import yaml
from servers import HOST, Redis
from settings_pod import Pod

from openedx_infra.components.edx_platform.sites import LMS
from openedx_infra.components.edx_platform.workers import PID_FILE, worker_command
from openedx_infra.config import Stack
from openedx_infra.config.sizing.sizing import WorkerPool
from openedx_infra.settings import paths
from openedx_infra.settings.connections import Endpoint, Valkey

POOL = WorkerPool(queues=("default", "high"), concurrency=2)
VISIBILITY_SECONDS = 4
"""Instead of hours. Whether it has passed, a worker looks soon after its start, and every 100 seconds
(kombu)."""
LOOK_SECONDS = 0.5
"""Between two looks of a worker at its own main thread, instead of ten."""
QUEUE = LMS.queue("default")

APP = '''
import os, signal, threading, time
from celery import Celery

APP = Celery("proj")
APP.config_from_object("django.conf:settings")
STUCK = threading.Lock()

def note(*words):
    with open(os.environ["NOTES"], "a") as notes:
        print(*words, os.getpid(), file=notes, flush=True)

def hang(*_):
    """The main thread waits for what never comes."""
    STUCK.acquire()
    STUCK.acquire()

signal.signal(signal.SIGUSR2, hang)

@APP.task(name="work")
def work(number, seconds):
    note("begun", number)
    time.sleep(seconds)
    note("ended", number)

@APP.task(name="deadly")
def deadly(number):
    note("begun", number)
    os.kill(os.getpid(), signal.SIGKILL)
'''
SEND = """
import sys
from lms.celery import APP
for line in sys.stdin:
    name, *arguments = line.split()
    words = [int(float(arguments[0])), *map(float, arguments[1:])]
    while True:
        try:
            APP.send_task(name, words, queue="{queue}", retry=False)
            break
        except Exception as error:
            print("again:", repr(error), file=sys.stderr, flush=True)
            import time; time.sleep(0.2)
    print(arguments[0], flush=True)
"""


@dataclass
class Worker:
    """A worker, or Celery's clock, as process 1 of its pod would be."""

    process: subprocess.Popen[bytes]
    pid_file: Path
    alive: Path
    log: Path

    def started(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return self.pid_file.exists() and self.pid_file.stat().st_size > 0

    def stop(self) -> int:
        """What Kubernetes does: SIGTERM, and patience."""
        self.process.terminate()
        return self.process.wait(60)

    def kill(self) -> None:
        """What a lost node does: nobody says goodbye, children neither."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def age(self) -> float:
        """Seconds since it showed that it doesn't hang."""
        return time.time() - self.alive.stat().st_mtime


@dataclass
class Platform:
    """The stand-in, its settings, its tasks, and all that was started of it."""

    folder: Path
    broker: Redis
    options: Mapping[str, float] = field(default_factory=dict)
    """What is otherwise in the broker's options."""
    stack: Stack = field(default_factory=case.stack)
    workers: list[Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        server = Valkey(endpoint=Endpoint(host=HOST, port=self.broker.port), authenticated=False)
        (self.folder / "pod").mkdir()
        pod = Pod(
            self.folder / "pod", "lms", replace(case.connections(self.stack), broker=server), stack=self.stack
        )
        self.environment = pod.environment
        settings = self.folder / "pod" / "config" / "lms.yml"
        said = yaml.safe_load(settings.read_text())
        said["CELERY_BROKER_TRANSPORT_OPTIONS"] |= {
            "visibility_timeout": VISIBILITY_SECONDS,
            **self.options,
        }
        said["INSTALLED_APPS"] = ["django.contrib.contenttypes", "django.contrib.auth"]
        # Celery closes connections to databases around each task. Here are none, nor MySQL's client.
        for database in said["DATABASES"].values():
            database |= {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": {}}
        settings.write_text(yaml.safe_dump(said))
        code = self.folder / "pod" / "platform" / "lms"
        (code / "celery.py").write_text(APP)
        watcher = code / "envs" / paths.MODULE / "liveness.py"
        text = watcher.read_text()
        assert "EVERY_SECONDS = 10" in text
        watcher.write_text(text.replace("EVERY_SECONDS = 10", f"EVERY_SECONDS = {LOOK_SECONDS}"))
        self.notes.touch()

    @property
    def notes(self) -> Path:
        """Where tasks write what they do."""
        return self.folder / "notes"

    def worker(self, *, command: list[str] | None = None) -> Worker:
        """A worker that has started, as its startup probe would tell."""
        number = len(self.workers)
        pid, alive, log = (self.folder / f"{name}-{number}" for name in ("pid", "alive", "log"))
        words = command or worker_command(LMS, f"worker-{number}", POOL)
        words = [word.replace(PID_FILE, str(pid)) for word in words]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=self.folder,
                env={**self.environment, "NOTES": str(self.notes), paths.ALIVE_VARIABLE: str(alive)},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        worker = Worker(process, pid, alive, log)
        self.workers.append(worker)
        until(worker.started, "the worker starts", 30)
        return worker

    def stop(self) -> None:
        for worker in self.workers:
            if worker.process.poll() is None:
                os.killpg(worker.process.pid, signal.SIGCONT)
                worker.kill()

    def noted(self, word: str) -> list[int]:
        """Numbers of the tasks that wrote a word, as often as they did."""
        lines = [line.split() for line in self.notes.read_text().splitlines()]
        return [int(number) for said, number, _ in lines if said == word]

    def process_of(self, task: int) -> int:
        """The process that began a task last."""
        lines = [line.split() for line in self.notes.read_text().splitlines()]
        return [int(pid) for word, number, pid in lines if (word, number) == ("begun", str(task))][-1]


class Stream:
    """Somebody who queues tasks all the time, and goes on trying while the broker is away."""

    def __init__(self, platform: Platform, *, every: float = 0.05, seconds: float = 0.1) -> None:
        self.sent = 0
        self._every, self._seconds, self._on = every, seconds, True
        self._sender = subprocess.Popen(
            [sys.executable, "-c", SEND.replace("{queue}", QUEUE)],
            cwd=platform.folder,
            env={**platform.environment, "NOTES": str(platform.notes)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Stream:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._on = False
        self._thread.join(60)
        self.close()

    def close(self) -> None:
        """No more tasks will come."""
        self._sender.communicate(timeout=60)

    def send(self, name: str, *arguments: float) -> None:
        assert self._sender.stdin and self._sender.stdout
        print(name, *arguments, file=self._sender.stdin, flush=True)
        self._sender.stdout.readline()

    def _run(self) -> None:
        while self._on:
            self.send("work", self.sent, self._seconds)
            self.sent += 1
            time.sleep(self._every)


def send(platform: Platform, name: str, *arguments: float) -> None:
    """Queue one task."""
    send_all(platform, (name, *arguments))


def send_all(platform: Platform, *tasks: tuple[str | float, ...]) -> None:
    """Queue tasks, one right after the other."""
    stream = Stream(platform)
    for name, *arguments in tasks:
        stream.send(str(name), *map(float, arguments))
    stream.close()


def until(holds: Callable[[], bool], what: str, seconds: float) -> float:
    """Seconds until something holds. Raises TimeoutError."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise TimeoutError(what)
        time.sleep(0.1)
    return time.monotonic() - began
