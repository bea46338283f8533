"""A real node of the embedded cluster: a kubelet, and a containerd of its own in which containers run.

Several of them share a machine. Each keeps all it has in its folder; `node_network.py` is what the
machine has once for all of them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import node_files

from tools.cluster import EmbeddedCluster
from tools.errors import ToolError
from tools.paths import private_dir
from tools.ports import choose
from tools.processes import POLL_SECONDS, Daemon, stop_all
from tools.toolchain import Toolchain

NEEDED = ("containerd", "ctr", "runc", "iptables", "iptables-save", "conntrack", "ip")
"""Programs of the system that nodes need on PATH, beside the CNI plugins."""

REMEDY = "apt-get install containerd runc containernetworking-plugins iptables conntrack iproute2"

NAMESPACE = "k8s.io"
"""Containerd's namespace of all containers that a kubelet starts."""

START_SECONDS = 60.0
"""How long a program of a node may take to answer; 1 to 2 s are usual."""

GROUPS_SECONDS = 0.5
"""How long the kernel may take to empty the control groups of processes that were killed."""

ENVIRONMENT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where they are looked for, and where they look."""


def require_system() -> None:
    """Raise ToolError unless this is root and the system has what nodes need."""
    path = f"{os.environ.get('PATH', '')}:{ENVIRONMENT_PATH}"
    missing = [name for name in NEEDED if shutil.which(name, path=path) is None]
    if not (node_files.PLUGINS / "ptp").exists():
        missing.append(str(node_files.PLUGINS))
    if os.geteuid() != 0:
        raise ToolError("node", "start", "a real node needs root", remedy="run as root")
    if missing:
        raise ToolError("node", "start", f"there is no {', '.join(missing)}", remedy=REMEDY)


class Node:
    """One node, by its name; its folder is the cluster's `nodes/<name>` or another one.

    `mirror` is where all its images come from: an address of a registry's API, such as
    `http://127.0.0.1:5000/v2/standins`.
    """

    def __init__(
        self, name: str, folder: Path, cluster: EmbeddedCluster, toolchain: Toolchain, mirror: str
    ) -> None:
        self.name = name
        self.folder = folder
        self._cluster = cluster
        self._toolchain = toolchain
        self._mirror = mirror
        self._containerd, self._kubelet = (
            Daemon(program, folder / f"{program}.log", folder / f"{program}.json")
            for program in ("containerd", "kubelet")
        )

    @property
    def _socket(self) -> Path:
        return self.folder / "containerd.sock"

    @property
    def _configuration(self) -> Path:
        return self.folder / "containerd.toml"

    def start(self) -> None:
        """Join the cluster, which must run; the node is ready some seconds later.

        Raises ToolError with the log of what failed.
        """
        require_system()
        private_dir(self.folder)
        (self.folder / "cni").mkdir(exist_ok=True)
        for path, text in node_files.containerd(self.folder, self._mirror).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self._start(self._containerd, ["containerd", "--config", str(self._configuration)])
        self._wait(self._containerd, lambda: self._ctr("version") is not None)
        self._start(self._kubelet, self._kubelet_command())
        self._wait(self._kubelet, lambda: any((self.folder / "cni").iterdir()))

    def kill(self) -> None:
        """End the node at once, as if its power was cut: its programs, and all containers on it."""
        for daemon in (self._kubelet, self._containerd):
            daemon.signal(signal.SIGKILL)
        self.remove()

    def remove(self) -> None:
        """Stop the node and leave nothing of it: no process, mount, network or file."""
        stop_all([self._kubelet])
        # An interrupted removal may have left the folder without its files.
        if self._containerd.pid() is None and self._configuration.is_file() and self._shims():
            self._start(self._containerd, ["containerd", "--config", str(self._configuration)])
            self._wait(self._containerd, lambda: self._ctr("version") is not None)
        tasks = self._tasks()
        _kill(tasks.values())
        stop_all([self._containerd])
        _kill(self._shims())
        _unmount(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        _remove_links(self.folder)
        _remove_groups(tasks)

    def _kubelet_command(self) -> list[str]:
        port = choose(self.folder / "ports.json", ["kubelet"])["kubelet"]
        kubeconfig = self._cluster.admit(
            f"node-{self.name}", user=f"system:node:{self.name}", groups=("system:nodes",)
        )
        configuration = self.folder / "kubelet.yaml"
        configuration.write_text(node_files.kubelet(self.folder, self._cluster.authority, port))
        options = {
            "config": configuration,
            "kubeconfig": kubeconfig,
            "hostname-override": self.name,
            "root-dir": self.folder / "kubelet",
            "cert-dir": self.folder / "pki",
            "node-labels": f"topology.kubernetes.io/zone={self.name}",
            "v": 1,
        }
        command = [str(self._toolchain.paths["kubelet"])]
        return [*command, *(f"--{option}={value}" for option, value in options.items())]

    def _start(self, daemon: Daemon, command: list[str]) -> None:
        if daemon.pid() is None:
            daemon.start(command, {"PATH": ENVIRONMENT_PATH, "HOME": str(self.folder)})

    def _wait(self, daemon: Daemon, answers: Callable[[], object]) -> None:
        end = time.monotonic() + START_SECONDS
        while not answers():
            if daemon.pid() is None:
                raise ToolError(f"node {self.name}", f"start of {daemon.name}", "it ended", log=daemon.log)
            if time.monotonic() > end:
                why = f"no answer in {START_SECONDS:.0f} s"
                raise ToolError(f"node {self.name}", f"start of {daemon.name}", why, log=daemon.log)
            time.sleep(POLL_SECONDS)

    def _ctr(self, *words: str) -> str | None:
        """Ask the node's containerd; None when it doesn't answer, or not well."""
        command = ["ctr", "--address", str(self._socket), "--namespace", NAMESPACE, *words]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        except subprocess.TimeoutExpired:
            return None
        return done.stdout if done.returncode == 0 else None

    def _tasks(self) -> dict[str, int]:
        """The first process of each container, by the container's id."""
        lines = (self._ctr("task", "ls") or "").splitlines()[1:]
        return {words[0]: int(words[1]) for line in lines if len(words := line.split()) > 1}

    def _shims(self) -> list[int]:
        """Processes that hold containers of this node, known by the socket that they were given."""
        shims = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                words = _command_line(int(entry.name))
                if words and "containerd-shim" in words[0] and str(self._socket) in words:
                    shims.append(int(entry.name))
        return shims


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def _unmount(folder: Path) -> None:
    """Unmount all that is mounted under a folder, the innermost first."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in sorted((p for p in mounts if p.startswith(f"{folder}/")), key=len, reverse=True):
        subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)


def _remove_links(folder: Path) -> None:
    """Remove the links to a node's logs that its kubelet made for readers of logs of old."""
    links = Path("/var/log/containers")
    for link in links.iterdir() if links.is_dir() else ():
        if link.is_symlink() and str(link.readlink()).startswith(f"{folder}/"):
            link.unlink()


def _remove_groups(containers: Iterable[str]) -> None:
    """Remove the control groups of containers that were killed, which are empty when these are gone."""
    time.sleep(GROUPS_SECONDS)
    for name in containers:
        # One tree for all controllers, or one for each.
        for pattern in (f"{NAMESPACE}/{name}", f"*/{NAMESPACE}/{name}"):
            for group in Path("/sys/fs/cgroup").glob(pattern):
                with suppress(OSError):
                    group.rmdir()
