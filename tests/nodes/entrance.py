"""The ingress controller of a cluster with real nodes: Traefik as a process of this machine.

It reads Ingresses and Middlewares as it would in a pod, reaches pods as nodes do, and listens at a loopback
port.
"""

from __future__ import annotations

import time
from pathlib import Path

import httpx2

from tools.cluster import EmbeddedCluster
from tools.control_plane import HOST
from tools.errors import ToolError
from tools.paths import private_dir
from tools.ports import choose, remembered
from tools.processes import POLL_SECONDS, Daemon, stop_all
from tools.toolchain import Toolchain

KINDS = Path(__file__).parent / "traefik_kinds.yaml"
"""Custom kinds without which Traefik reads neither Ingresses nor Middlewares."""

START_SECONDS = 60.0


class Entrance:
    """The ingress controller in a folder, for one cluster, which must run when it is started."""

    def __init__(self, folder: Path, cluster: EmbeddedCluster, toolchain: Toolchain) -> None:
        self._folder = folder
        self._cluster = cluster
        self._toolchain = toolchain
        self._daemon = Daemon("traefik", folder / "traefik.log", folder / "traefik.json")

    @property
    def url(self) -> str:
        """Address of all hosts; which is meant says the header Host."""
        return f"http://{HOST}:{remembered(self._folder / 'ports.json')['web']}"

    def start(self) -> None:
        """Start it and wait until it answers. Raises ToolError with its log."""
        private_dir(self._folder)
        self._cluster.apply(KINDS)
        ports = choose(self._folder / "ports.json", ["web", "ping"])
        options = {
            "entryPoints.web.address": f"{HOST}:{ports['web']}",
            "entryPoints.ping.address": f"{HOST}:{ports['ping']}",
            "ping.entryPoint": "ping",
            "providers.kubernetesIngress": "true",
            "providers.kubernetesCRD": "true",
            "accessLog.filePath": self._folder / "access.log",
            "global.checkNewVersion": "false",
            "log.level": "INFO",
        }
        kubeconfig = self._cluster.admit("traefik", user="traefik", groups=("system:masters",))
        command = [str(self._toolchain.paths["traefik"])]
        command += [f"--{name}={value}" for name, value in options.items()]
        if self._daemon.pid() is None:
            self._daemon.start(command, {"KUBECONFIG": str(kubeconfig), "HOME": str(self._folder)})
        end = time.monotonic() + START_SECONDS
        while not _answers(f"http://{HOST}:{ports['ping']}/ping"):
            if self._daemon.pid() is None or time.monotonic() > end:
                raise ToolError("traefik", "start", "it does not answer", log=self._daemon.log)
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop it."""
        stop_all([self._daemon])


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False).is_success
    except httpx2.HTTPError:
        return False
