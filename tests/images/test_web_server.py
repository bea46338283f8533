"""The built image's web server ends under load as Kubernetes expects."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from building import Buildx
from running import environment, running

from openedx_infra.config import load
from openedx_infra.settings import uwsgi_ini
from openedx_infra.settings.servers.web import PORT, Site

pytestmark = pytest.mark.images

CLIENTS = 8
SLOW_SECONDS = 2.0


@dataclass
class Server:
    """A running site."""

    url: str
    pid: int
    log: Path

    def ended(self) -> bool:
        """Whether the process is gone, or only waits to be collected."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except FileNotFoundError:
            return True


@dataclass
class Load:
    """What came of many requests."""

    whole: int = 0
    dropped: list[str] = field(default_factory=list)

    def ask(self, url: str, expected: str) -> None:
        """Ask once; anything but the whole answer is a dropped request."""
        try:
            answer = httpx2.get(url, timeout=30, trust_env=False)
        except httpx2.HTTPError as error:
            self.dropped.append(repr(error))
            return
        if answer.status_code == 200 and expected in answer.text:
            self.whole += 1
        else:
            self.dropped.append(f"{answer.status_code} {answer.text[:200]}")


@contextmanager
def site(site: Site, root: Path, variables: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    """Run a site as the program deploys it, but for its port."""
    stack = load("dev", {"site": {"lms_host": "learn.example.org"}})
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ini, settings, log = tmp_path / "uwsgi.ini", tmp_path / f"{site}.yml", tmp_path / "log"
    said = uwsgi_ini(stack, site)
    assert f":{PORT}\n" in said
    ini.write_text(said.replace(f":{PORT}\n", f":{port}\n"))
    settings.write_text("SECRET_KEY: for-a-test\n")
    mounts = {"/openedx/uwsgi.ini": ini, "/openedx/data": tmp_path}
    variables = {**variables, f"{site.upper()}_CFG": f"/openedx/data/{site}.yml"}
    with running(root, ["uwsgi", "/openedx/uwsgi.ini"], variables, mounts, log) as process:
        server = Server(f"http://127.0.0.1:{port}", process.pid, log)
        _wait(server)
        yield server


def _wait(server: Server) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if httpx2.get(f"{server.url}/heartbeat", trust_env=False).is_success:
                return
        except httpx2.HTTPError:
            assert not server.ended(), server.log.read_text()
        time.sleep(0.1)
    raise TimeoutError(server.log.read_text())


@pytest.fixture
def variables(buildx: Buildx, image: str) -> dict[str, str]:
    """The environment that the image gives."""
    return environment(buildx.configuration(image)["config"])


def test_sigterm_under_load_drops_no_request(root: Path, variables: dict[str, str], tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with site("lms", root, variables, tmp_path) as server, ThreadPoolExecutor(CLIENTS + 1) as pool:
        load, slow, leaving = Load(), Load(), threading.Event()

        def keep_asking() -> None:
            while not leaving.is_set():
                load.ask(f"{server.url}/heartbeat", '"site": "lms"')

        for _ in range(CLIENTS):
            pool.submit(keep_asking)
        time.sleep(2)
        last = pool.submit(slow.ask, f"{server.url}/slow?seconds={SLOW_SECONDS}", "whole " * 1000)
        time.sleep(0.5)
        # A pod that ends is first taken out of its Service, then waits (preStop), and then is told to end.
        leaving.set()
        time.sleep(0.5)
        begin = time.monotonic()
        os.kill(server.pid, signal.SIGTERM)
        last.result()
        while not server.ended():
            assert time.monotonic() - begin < 20, server.log.read_text()
            time.sleep(0.05)
        dropped = load.dropped + slow.dropped
        assert not dropped, "\n".join([*dropped, server.log.read_text()])
        assert load.whole > 50 and slow.whole == 1
        assert time.monotonic() - begin >= SLOW_SECONDS - 1.5


def test_studio_answers_too_and_static_files_come_with_their_type(
    root: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    tmp_path.chmod(0o777)
    with site("cms", root, variables, tmp_path) as server:
        assert httpx2.get(f"{server.url}/heartbeat", trust_env=False).json()["site"] == "cms"
        logo = httpx2.get(f"{server.url}/static/studio/images/logo.svg", trust_env=False)
        assert (logo.status_code, logo.headers["content-type"]) == (200, "image/svg+xml")
