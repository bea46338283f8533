"""Pods of the server of static files, as their containers run: the scripts, then the real Caddy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from pathlib import Path

from balancer import Balancer
from servers import Process, demand, wait

from openedx_infra import scripts
from openedx_infra.settings.servers.static_files import PEERS_PATH, static_caddyfile

SCRIPTS = Path(scripts.__file__).parent
ROOM = 10**9


def hashed(name: str, content: bytes) -> str:
    """The name that Django gives a static file of this content."""
    stem, _, end = name.rpartition(".")
    return f"{stem}.{md5(content).hexdigest()[:12]}.{end}"


def image(folder: Path, files: Mapping[str, bytes]) -> Path:
    """The static files of an image: each under its own name, and under one with a hash."""
    for name, content in files.items():
        for path in (folder / name, folder / hashed(name, content)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return folder


LEAVING_SECONDS = 1.0
"""How long a pod still serves after the Service has dropped it; the real ones sleep longer before they stop.
On a busy machine half a second passes between the choice of an endpoint and the connection to it."""


@dataclass
class StaticPod(Process):
    """One pod: a volume, and Caddy before it."""

    image: Path = Path()
    said: str = field(default="", repr=False)
    """What the containers before the server logged."""

    def fill(
        self,
        peers: int,
        *,
        versions: int = 3,
        limit: int = ROOM,
        patience: float = 20,
        beside: Path | None = None,
    ) -> int:
        """Run the containers before the server; `peers` is the port of the Service. The last one's code."""
        self.volume.mkdir(parents=True)
        environment = {
            **os.environ,
            "SOURCE": str(self.image),
            "FOLDER": str(self.volume),
            "PEERS": f"http://127.0.0.1:{peers}{PEERS_PATH}",
            "VERSIONS": str(versions),
            "LIMIT_BYTES": str(limit),
            "PATIENCE": str(patience),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        code = 0
        for command in ("begin", *(("add",) if beside else ()), "inherit"):
            environment["SOURCE"] = str(beside if command == "add" else self.image)
            done = subprocess.run(
                [sys.executable, "-m", "static_files", command],
                cwd=SCRIPTS,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            self.said, code = self.said + done.stdout, done.returncode
            if code:
                break
        return code

    def start(self) -> None:
        demand("caddy")
        caddyfile = self.folder / "Caddyfile"
        caddyfile.write_text(static_caddyfile(str(self.volume), self.port))
        home = {name: str(self.folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
        self.run(["caddy", "run", "--config", str(caddyfile), "--adapter", "caddyfile"], **home)
        wait(self.open, "caddy", self.log)

    @property
    def volume(self) -> Path:
        return self.folder / "versions"

    def served(self) -> set[str]:
        root = self.volume / "served/static"
        return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}

    def kill(self) -> None:
        """As a node that is lost."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@dataclass
class StaticDeployment:
    """Pods behind their Service, renewed one by one."""

    folder: Path
    service: Balancer
    pods: list[StaticPod] = field(default_factory=list)
    made: int = 0

    def new(self, source: Path) -> StaticPod:
        self.made += 1
        folder = self.folder / f"pod-{self.made}"
        folder.mkdir(parents=True)
        return StaticPod(folder, image=source)

    def surge(self, source: Path, *, versions: int = 3) -> StaticPod:
        pod = self.new(source)
        assert pod.fill(self.service.port, versions=versions) == 0, pod.said
        pod.start()
        self.pods.append(pod)
        self.service.endpoints.append(pod.port)
        return pod

    def roll(self, source: Path, *, replicas: int = 2, versions: int = 3) -> None:
        """A roll-out with maxSurge 1 and maxUnavailable 0, to pods of another image."""
        old, self.pods = self.pods, []
        for _ in range(replicas):
            self.surge(source, versions=versions)
            if old:
                leaving = old.pop()
                self.service.endpoints.remove(leaving.port)
                time.sleep(LEAVING_SECONDS)
                leaving.stop()


@contextmanager
def static_files(folder: Path, service: Balancer) -> Iterator[StaticDeployment]:
    """A Deployment whose pods all end with the block."""
    found = StaticDeployment(folder, service)
    try:
        yield found
    finally:
        for pod in found.pods:
            pod.kill()
        shutil.rmtree(folder, ignore_errors=True)
