"""Pods of the web server, as Kubernetes starts and ends them: real uWSGI with the program's configuration."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from balancer import Balancer
from servers import free_port, wait

from openedx_infra.config import Stack
from openedx_infra.settings import uwsgi_ini
from openedx_infra.settings.paths import MEDIA_DIR, PLATFORM_DIR, STATIC_DIR
from openedx_infra.settings.servers.web import PORT

HERE = Path(__file__).parent
UWSGI = Path(sys.executable).parent / "uwsgi"
LATE = 1.0
"""Seconds after which the last proxy knows that a pod leaves."""
DRAIN = 2.0
"""Seconds of preStop here, so that tests last seconds; the program's are 15, for all proxies of a cluster."""


@dataclass
class WebPod:
    """One pod."""

    folder: Path
    stack: Stack
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.folder.mkdir()
        (self.folder / "static").mkdir()
        (self.folder / "static/logo.0123456789ab.txt").write_text("a logo")
        # First, as our own paths may lie below /tmp, too.
        said = uwsgi_ini(self.stack, "lms").replace("/tmp/", f"{self.folder}/")
        for theirs, ours in (
            (f":{PORT}\n", f":{self.port}\n"),
            ("lms.wsgi:application", "small_app:application"),
            (PLATFORM_DIR, str(HERE)),
            (STATIC_DIR, str(self.folder / "static")),
            (MEDIA_DIR, str(self.folder)),
        ):
            assert theirs in said
            said = said.replace(theirs, ours)
        (self.folder / "uwsgi.ini").write_text(said)
        with (self.folder / "log").open("wb") as log:
            environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
            self.process = subprocess.Popen(
                [str(UWSGI), str(self.folder / "uwsgi.ini")], stdout=log, stderr=log, env=environment
            )
        wait(self._ready, "uwsgi", self.folder / "log")

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/heartbeat", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def end(self, service: Balancer, *, drain: float = DRAIN) -> float:
        """As the kubelet does, while proxies learn of it: seconds from SIGTERM to the end of the process."""
        assert self.process is not None
        began = time.monotonic()
        time.sleep(min(LATE, drain))
        if drain >= LATE:
            service.endpoints.remove(self.port)
        time.sleep(max(0, drain - LATE))
        self.process.send_signal(signal.SIGTERM)
        if drain < LATE:
            time.sleep(LATE - drain)
            service.endpoints.remove(self.port)
        told = time.monotonic()
        code = self.process.wait(120)
        assert code == 0, (code, (self.folder / "log").read_text()[-2000:])
        assert told - began >= drain
        return time.monotonic() - told

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@dataclass
class Deployment:
    """Pods behind a Service, renewed one by one: a new one is ready before an old one goes."""

    folder: Path
    stack: Stack
    service: Balancer
    pods: list[WebPod] = field(default_factory=list)
    made: int = 0

    def surge(self) -> None:
        self.made += 1
        pod = WebPod(self.folder / f"pod-{self.made}", self.stack)
        self.pods.append(pod)
        pod.start()
        self.service.endpoints.append(pod.port)

    def roll(self, *, drain: float = DRAIN) -> list[float]:
        """A roll-out with maxSurge 1 and maxUnavailable 0; the seconds that each old pod took to end."""
        old = list(self.pods)
        seconds = []
        for pod in old:
            self.surge()
            seconds.append(pod.end(self.service, drain=drain))
            self.pods.remove(pod)
        return seconds


@contextmanager
def deployed(folder: Path, stack: Stack, service: Balancer, replicas: int) -> Iterator[Deployment]:
    """Web pods that serve."""
    found = Deployment(folder, stack, service)
    try:
        for _ in range(replicas):
            found.surge()
        yield found
    finally:
        for pod in found.pods:
            pod.kill()
