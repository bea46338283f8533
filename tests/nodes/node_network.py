"""The network of real nodes, once for each machine: rules of Services and DNS.

kube-proxy writes rules into this machine's iptables, and CoreDNS answers at an address that this machine
takes meanwhile. Both are gone when it stops. NetworkPolicies are not enforced: none of the plugins does that.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import node_files
from node import ENVIRONMENT_PATH, require_system
from node_files import DNS

from tools.cluster import EmbeddedCluster
from tools.control_plane import PODS
from tools.errors import ToolError
from tools.paths import private_dir
from tools.ports import choose
from tools.processes import POLL_SECONDS, Daemon, stop_all
from tools.toolchain import Toolchain

_SUBJECT = "network of nodes"
_CHAINS = ("KUBE-",)
_TABLES = ("filter", "nat", "mangle")
_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


class NodeNetwork:
    """The network in a folder, for the nodes of one cluster; a machine has no more than one."""

    def __init__(self, folder: Path, cluster: EmbeddedCluster, toolchain: Toolchain) -> None:
        self._folder = folder
        self._cluster = cluster
        self._toolchain = toolchain
        self._proxy, self._dns = (
            Daemon(program, folder / f"{program}.log", folder / f"{program}.json")
            for program in ("kube-proxy", "coredns")
        )

    def start(self) -> None:
        """Start both; raises ToolError when another cluster has its rules on this machine."""
        require_system()
        private_dir(self._folder)
        if self._proxy.pid() is None and chains():
            raise ToolError(
                _SUBJECT,
                "start",
                f"another cluster's node runs on this machine: iptables has {chains()[0][1]}",
                remedy="use a machine of its own; what a killed run left goes by: kube-proxy --cleanup",
            )
        _FORWARDING.write_text("1")
        self._start_proxy()
        subprocess.run(["ip", "address", "replace", f"{DNS}/32", "dev", "lo"], check=True)
        self._start_dns()

    def stop(self) -> None:
        """Stop both and take their rules and the address away."""
        stop_all([self._dns, self._proxy])
        remove_chains()
        command = ["ip", "address", "delete", f"{DNS}/32", "dev", "lo"]
        subprocess.run(command, check=False, capture_output=True)

    def _start_proxy(self) -> None:
        ports = choose(self._folder / "ports.json", ["health", "metrics"])
        kubeconfig = self._cluster.admit("kube-proxy", user="system:kube-proxy")
        configuration = self._folder / "kube-proxy.yaml"
        configuration.write_text(node_files.proxy(kubeconfig, PODS, **ports))
        program = self._toolchain.paths["kube-proxy"]
        self._run(self._proxy, [str(program), f"--config={configuration}"])
        self._wait(self._proxy, lambda: any(name == "KUBE-SERVICES" for _, name in chains()))

    def _start_dns(self) -> None:
        kubeconfig = self._cluster.admit("coredns", user="coredns", groups=("system:masters",))
        configuration = self._folder / "Corefile"
        configuration.write_text(node_files.corefile(kubeconfig))
        self._run(self._dns, [str(self._toolchain.paths["coredns"]), "-conf", str(configuration)])
        self._wait(self._dns, lambda: "CoreDNS-" in self._dns.log.read_text(errors="replace"))

    def _run(self, daemon: Daemon, command: list[str]) -> None:
        if daemon.pid() is None:
            daemon.start(command, {"PATH": ENVIRONMENT_PATH, "HOME": str(self._folder)})

    def _wait(self, daemon: Daemon, answers: Callable[[], object], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not answers():
            if daemon.pid() is None:
                raise ToolError(_SUBJECT, f"start of {daemon.name}", "it ended", log=daemon.log)
            if time.monotonic() > end:
                raise ToolError(_SUBJECT, f"start of {daemon.name}", "no answer", log=daemon.log)
            time.sleep(POLL_SECONDS)


def chains() -> list[tuple[str, str]]:
    """Kubernetes' chains in this machine's iptables, each with its table."""
    names = []
    for table in _TABLES:
        for line in saved(table):
            if line.startswith(":") and line[1:].startswith(_CHAINS):
                names.append((table, line[1:].split()[0]))
    return names


def remove_chains() -> None:
    """Take all of Kubernetes' chains out of iptables, and the rules that lead to them."""
    for table in _TABLES:
        names = [name for of, name in chains() if of == table]
        if not names:
            continue
        jumps = [
            line.replace("-A ", "-D ", 1)
            for line in saved(table)
            if line.startswith("-A ") and not line.split()[1].startswith(_CHAINS) and "-j KUBE-" in line
        ]
        lines = [f"*{table}", *jumps, *(f"-F {n}" for n in names), *(f"-X {n}" for n in names), "COMMIT", ""]
        restore("\n".join(lines))


def saved(table: str) -> list[str]:
    """Return a table of iptables as `iptables-save` writes it."""
    done = subprocess.run(["iptables-save", "-t", table], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def restore(text: str) -> None:
    """Change iptables as a text for `iptables-restore` says, at once."""
    subprocess.run(["iptables-restore", "--noflush"], input=text, text=True, check=True)
