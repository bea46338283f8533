"""The instance's own broker is ready when it serves. A real server, with files and probe of its pod."""

from __future__ import annotations

import random
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from openedx_infra.operations.offline.recording import Graph

pytestmark = pytest.mark.parts

SAID = {"site": {"lms_host": "learn.example.org"}}
PATIENCE = 20
KEYS = 300
SLOWLY = ("--key-load-delay", "10000", "--loading-process-events-interval-bytes", "1024")
"""Three seconds for what a large file takes: microseconds for each key, and bytes between two answers."""


@dataclass
class Server:
    """A broker or a cache: its container and its files as the graph has them, in a folder."""

    folder: Path
    container: dict[str, Any]
    files: dict[str, str]
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        (self.folder / "data").mkdir(exist_ok=True)
        for name, text in self.files.items():
            (self.folder / name).write_text(self._here(text), encoding="utf-8")
        words = [self._here(word) for word in self.container["command"]]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen([*words, *options], stdout=log, stderr=log)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)

    def ready(self) -> bool:
        """Whether the readiness probe succeeds."""
        words = [self._here(word) for word in self.container["readinessProbe"]["exec"]["command"]]
        return subprocess.run(words, capture_output=True, timeout=PATIENCE).returncode == 0

    def connects(self) -> bool:
        """Whether the probe by TCP would succeed."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def ask(self, text: str, *, login: bool = True) -> str:
        """What the server answers to a command."""
        [line] = [line for line in self.files["password.conf"].splitlines() if line]
        said = f"{line.replace('requirepass', 'AUTH')}\n{text}\n" if login else f"{text}\n"
        words = ["redis-cli", "-p", str(self.port)]
        return subprocess.run(words, input=said, capture_output=True, text=True).stdout.strip()

    def _here(self, text: str) -> str:
        for theirs in ("/etc/valkey/config", "/etc/valkey/secrets"):
            text = text.replace(theirs, str(self.folder))
        text = text.replace("dir /data", f"dir {self.folder / 'data'}")
        return text.replace("6379", str(self.port))


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def make(recorded: Callable[..., Graph], tmp_path: Path) -> Iterator[Callable[[str], Server]]:
    if which("redis-server") is None:
        pytest.skip("needs redis-server on PATH")
    servers: list[Server] = []
    graph = recorded(SAID)

    def server(name: str) -> Server:
        objects = {(r.kind, r.name): r for r in graph.resources if r.is_object}
        config = graph.object(objects["ConfigMap", f"{name}-config"])["data"]
        secret = graph.object(objects["Secret", f"{name}-password"], reveal_secrets=True)["stringData"]
        template = graph.object(objects["StatefulSet", name])["spec"]["template"]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        servers.append(Server(tmp_path, template["spec"]["containers"][0], {**config, **secret}, port))
        servers[-1].start()
        _wait(servers[-1].ready)
        return servers[-1]

    yield server
    for each in servers:
        each.stop()


@pytest.mark.parametrize(("name", "policy"), [("broker", "noeviction"), ("cache", "allkeys-lru")])
def test_it_wants_a_login_and_keeps_its_role(make: Callable[[str], Server], name: str, policy: str) -> None:
    server = make(name)
    assert server.ask("PING", login=False).startswith("NOAUTH")
    assert server.ask("CONFIG GET maxmemory-policy").splitlines()[-1] == policy
    assert server.ask("CONFIG GET maxmemory").splitlines()[-1] == str(512 * 2**20 * 3 // 4)


def test_a_broker_that_reads_its_file_is_not_ready(make: Callable[[str], Server]) -> None:
    """It takes connections already, and answers that it is loading."""
    broker = make("broker")
    broker.ask("\n".join(f"SET key:{number} {random.randbytes(500).hex()}" for number in range(KEYS)))
    broker.ask("BGREWRITEAOF")
    _wait(lambda: "aof_rewrite_in_progress:0" in broker.ask("INFO persistence"))
    broker.stop()
    broker.start(*SLOWLY)
    _wait(broker.connects)
    assert "LOADING" in broker.ask("PING")
    assert not broker.ready()
    _wait(broker.ready)
    assert broker.ask("DBSIZE").splitlines()[-1] == str(KEYS)


def test_what_the_broker_took_outlives_it(make: Callable[[str], Server]) -> None:
    broker = make("broker")
    broker.ask("LPUSH edx.lms.core.default task")
    time.sleep(1.5)  # it writes to the disk each second
    broker.kill()
    broker.start()
    _wait(broker.ready)
    assert broker.ask("LLEN edx.lms.core.default").splitlines()[-1] == "1"


def test_the_probe_fails_without_the_password(make: Callable[[str], Server]) -> None:
    cache = make("cache")
    (cache.folder / "password.conf").write_text('requirepass "another"\n')
    assert not cache.ready()


def test_the_probe_shows_no_password(make: Callable[[str], Server]) -> None:
    cache = make("cache")
    password = cache.files["password.conf"].split('"')[1]
    assert len(password) == 40
    assert password not in " ".join(cache.container["readinessProbe"]["exec"]["command"])
