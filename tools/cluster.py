"""The embedded Kubernetes cluster: a real control plane, and simulated nodes.

It admits, schedules, rolls and evicts as any other; containers do not run. It listens on this machine's
loopback address only, and is as private as its folder.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx2
from filelock import FileLock
from rich.console import Console

from tools import control_plane, ports
from tools.api import Api
from tools.certificates import CLIENT, Authority
from tools.control_plane import CONTEXT, HOST, ORDER, PORTS, Identities
from tools.errors import ToolError
from tools.paths import private_dir, state_dir
from tools.processes import POLL_SECONDS, Daemon, stop_all
from tools.recipes import CLUSTER
from tools.toolchain import Toolchain, ensure

START_SECONDS = 90.0
"""How long a start may take before it counts as failed: about 5 s is usual, a busy machine needs more."""

PATIENCE = 5
"""How often a cluster whose processes all run is asked, a second apart, before it is started anew."""

VOLUMES = Path("/tmp/hostpath_pv")
"""Where Kubernetes' own provisioner of volumes makes their folders: the place is fixed in it."""

_SUBJECT = "embedded cluster"


def cluster_dir(checkout: Path) -> Path:
    """Return the folder of a checkout's own cluster."""
    return state_dir(checkout) / "cluster"


class EmbeddedCluster:
    """The cluster in a folder; it need not exist yet, and it outlives the program that starts it.

    Only a start needs the toolchain; without one it has the tools first, which may take minutes once.
    """

    def __init__(self, directory: Path, toolchain: Toolchain | None = None) -> None:
        self._directory = directory
        self._toolchain = toolchain
        self._daemons = {
            name: Daemon(name, directory / "logs" / f"{name}.log", directory / "run" / f"{name}.json")
            for name in ORDER
        }

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, with the one context `control_plane.CONTEXT`."""
        return self._directory / "kubeconfig"

    @property
    def authority(self) -> Path:
        """Certificate of the authority that every client and node of the cluster has its own from."""
        return self._identities().authority.certificate

    def admit(self, name: str, *, user: str, groups: tuple[str, ...] = ()) -> Path:
        """Write a kubeconfig for one more client, and return its path; the cluster must have been started."""
        folder = self._directory / "pki"
        client = Authority(folder, "ca").issue(f"client-{name}", user=user, groups=groups, purposes=CLIENT)
        path = self._directory / "run" / f"{name}.kubeconfig"
        port = ports.remembered(self._ports_file)["kube-apiserver"]
        control_plane.write_kubeconfig(path, port, self._identities().authority, client)
        return path

    def apply(self, manifests: Path) -> None:
        """Bring a file's objects to what they are there; wait until custom kinds among them can be used."""
        with self._api() as api:
            api.apply(manifests)
            self._wait("kube-apiserver", api.describes_custom_kinds)

    def running(self) -> bool:
        """Tell whether every process runs and the API server says that it is ready."""
        if not all(daemon.pid() for daemon in self._daemons.values()):
            return False
        with self._api() as api:
            return api.ready()

    def start(self, console: Console | None = None) -> None:
        """Start the cluster and wait until it is ready; one that runs is left alone.

        One that runs in part is stopped and started: what is in it stays. Raises ToolError, with the log of
        the process that failed.
        """
        console = console or Console(stderr=True)
        if self._answers():
            return
        toolchain = self._toolchain or ensure(CLUSTER, console=console)
        private_dir(self._directory)
        with self._lock():
            # Somebody else may have started it while this one waited.
            if self._answers():
                return
            start = time.monotonic()
            stop_all(self._reversed())
            try:
                self._start(toolchain, console)
            except BaseException:
                stop_all(self._reversed())
                raise
            console.print(
                f"embedded cluster: ready in {time.monotonic() - start:.1f} s",
                highlight=False,
                soft_wrap=True,
            )

    def _answers(self) -> bool:
        """Tell whether the cluster runs, with patience: on a busy machine a single answer may be late."""
        for _ in range(PATIENCE):
            if self.running():
                return True
            if not all(daemon.pid() for daemon in self._daemons.values()):
                return False
            time.sleep(1)
        return False

    def stop(self) -> None:
        """Stop the cluster and wait until its processes are gone; what is in it stays."""
        if self._directory.is_dir():
            with self._lock():
                stop_all(self._reversed())

    def destroy(self) -> None:
        """Stop the cluster and delete all that is in it."""
        if self._directory.is_dir():
            with self._lock():
                if self.running():
                    self._delete_volumes()
                stop_all(self._reversed())
                shutil.rmtree(self._directory)

    def describe(self) -> str:
        """Say, for people, whether it runs, where, and what it cannot do."""
        running = [name for name, daemon in self._daemons.items() if daemon.pid()]
        if not running:
            return f"embedded cluster: stopped (its data: {self._directory})"
        part = "" if len(running) == len(ORDER) else f", but only in part: {', '.join(running)}"
        return "\n".join(
            [
                f"embedded cluster: runs{part}",
                f"  API server   {self._url()}",
                f"  kubeconfig   {self.kubeconfig} (context {CONTEXT})",
                f"  logs         {self._directory / 'logs'}",
                "  nodes are simulated: pods are admitted, scheduled and become ready; containers do not run",
            ]
        )

    def _start(self, toolchain: Toolchain, console: Console) -> None:
        for name in ("logs", "run"):
            private_dir(self._directory / name)
        self._make_volumes_folder()
        before = ports.remembered(self._ports_file)
        chosen = ports.choose(self._ports_file, PORTS)
        if moved := [str(before[name]) for name in before if before[name] != chosen[name]]:
            console.print(
                f"embedded cluster: port {', '.join(moved)} is taken by now, another one is used",
                soft_wrap=True,
            )
        identities = self._identities()
        commands = control_plane.commands(
            toolchain.paths, self._directory, chosen, identities, self._write_kubeconfigs(chosen, identities)
        )
        self._run("etcd", commands, lambda: not ports.free(chosen["etcd"]))
        with self._api() as api:
            self._run("kube-apiserver", commands, api.ready)
            for name in ORDER[2:-1]:
                self._run(name, commands, lambda: True)
            try:
                for name in ("cluster", "definitions"):
                    api.apply(control_plane.MANIFESTS / f"{name}.yaml")
                # It plays custom resources, too, and ends when it doesn't find their kinds described.
                self._wait("kube-apiserver", api.describes_custom_kinds)
                self._run("kwok", commands, api.settled)
            except httpx2.HTTPError as error:
                log = self._daemons["kube-apiserver"].log
                raise ToolError(_SUBJECT, "set-up of nodes and storage", str(error), log=log) from error

    def _run(self, name: str, commands: dict[str, list[str]], ready: Callable[[], bool]) -> None:
        environment = {"PATH": os.defpath, "HOME": str(self._directory)}
        # All of them are Go's programs: whoever has memory to spare saves CPU by a higher GOGC.
        if collect := os.environ.get("GOGC"):
            environment["GOGC"] = collect
        self._daemons[name].start(commands[name], environment)
        self._wait(name, ready)

    def _wait(self, name: str, ready: Callable[[], bool]) -> None:
        """Wait until a condition holds; raises ToolError when any process ends before that."""
        end = time.monotonic() + START_SECONDS
        while not ready():
            for daemon in self._daemons.values():
                if daemon.record.exists() and daemon.pid() is None:
                    raise ToolError(_SUBJECT, f"start of {daemon.name}", "it ended", log=daemon.log)
            if time.monotonic() > end:
                why = f"it is not ready after {START_SECONDS:.0f} s"
                raise ToolError(_SUBJECT, f"start of {name}", why, log=self._daemons[name].log)
            time.sleep(POLL_SECONDS)

    def _write_kubeconfigs(self, chosen: dict[str, int], identities: Identities) -> dict[str, Path]:
        configs = {name: self._directory / "run" / f"{name}.kubeconfig" for name in identities.clients}
        configs["admin"] = self.kubeconfig
        for name, path in configs.items():
            control_plane.write_kubeconfig(
                path, chosen["kube-apiserver"], identities.authority, identities.clients[name]
            )
        return configs

    def _make_volumes_folder(self) -> None:
        """Open the folder of volumes to all users of this machine, as /tmp is: the first one makes it."""
        with suppress(FileExistsError):
            VOLUMES.mkdir()
            VOLUMES.chmod(0o1777)
        if not os.access(VOLUMES, os.W_OK | os.X_OK):
            why, remedy = f"{VOLUMES} belongs to another user", f"let its owner run: chmod 1777 {VOLUMES}"
            raise ToolError(_SUBJECT, "set-up of storage", why, remedy=remedy)

    def _delete_volumes(self) -> None:
        """Delete the folders that the provisioner made: nobody else knows later that they were ours."""
        with self._api() as api:
            for path in api.volumes():
                if path.parent == VOLUMES:
                    shutil.rmtree(path, ignore_errors=True)

    @property
    def _ports_file(self) -> Path:
        return self._directory / "ports.json"

    def _identities(self) -> Identities:
        return control_plane.identities(self._directory / "pki")

    def _url(self) -> str:
        return f"https://{HOST}:{ports.remembered(self._ports_file).get('kube-apiserver', 0)}"

    def _api(self) -> Api:
        identities = self._identities()
        return Api(self._url(), identities.authority.certificate, identities.clients["admin"])

    def _lock(self) -> FileLock:
        return FileLock(self._directory / ".lock")

    def _reversed(self) -> list[Daemon]:
        return [self._daemons[name] for name in reversed(ORDER)]
