"""What a machine must have before k3d or kind makes a cluster: one message for each lack."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from openedx_infra.operations.development.local_cluster.render import ClusterPlan, Program

LEAST_MEMORY = 6 * 2**30
"""Bytes of memory: 4 GiB that pods of a development instance reserve, and Kubernetes with its caches beside
them (a guess)."""
LEAST_DISK = 20 * 10**9
"""Free bytes: images of the platform and its servers take some 8 GB, unpacked twice while they are built (a
guess)."""
_GET = {
    "k3d": "https://k3d.io, or `brew install k3d`",
    "kind": "https://kind.sigs.k8s.io, or `brew install kind`",
    "docker": "https://docs.docker.com/engine/install, or Docker Desktop, Rancher Desktop or Colima on macOS",
}
_SHARED_ON_MACOS = ("/Users", "/Volumes", "/private", "/tmp", "/var/folders")
"""Folders that Docker Desktop shares with containers by itself on macOS (its documentation)."""


def output(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, with what it prints."""
    return subprocess.run(
        list(command), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def lacks(program: Program, plan: ClusterPlan) -> list[str]:
    """All that the machine lacks, each with what to do about it."""
    missing = [name for name in (program, "docker") if shutil.which(name) is None]
    found = [f"{name} is not on PATH: install it ({_GET[name]})" for name in missing]
    if "docker" not in missing:
        found += _of_docker()
    found += [
        f"port {port} is taken by another program: end it, or choose another by openedx:development.ports"
        for port in (plan.http, plan.https)
        if _is_open(port)
    ]
    if program == "k3d" and plan.registry is not None and _is_open(plan.registry):
        found.append(f"port {plan.registry} is taken by another program: choose another by --registry-port")
    return [*found, *_of_folders(plan)]


def _of_docker() -> Iterator[str]:
    done = output(["docker", "info", "--format", "{{json .}}"])
    try:
        info: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        info = {}
    if done.returncode or info.get("ServerErrors") or not info:
        yield f"Docker is not running, or you may not use it: start it ({done.stderr.strip()[:200]})"
        return
    memory = int(info.get("MemTotal") or 0)
    if memory and memory < LEAST_MEMORY:
        yield (
            f"Docker has {memory / 2**30:.1f} GiB of memory, and {LEAST_MEMORY // 2**30} are needed: give it "
            "more, in the settings of its virtual machine"
        )
    root = Path(info.get("DockerRootDir") or "/")
    # In a virtual machine the folder is out of sight.
    if root.is_dir() and (free := shutil.disk_usage(root).free) < LEAST_DISK:
        yield (
            f"{root} has {free // 10**9} GB left, and {LEAST_DISK // 10**9} are needed: free some, for "
            "instance by `docker system prune`"
        )


def _of_folders(plan: ClusterPlan) -> Iterator[str]:
    for folder in plan.folders:
        if not Path(folder).is_dir():
            yield f"there is no folder {folder}: `openedx-infra dev clone` clones what has an address"
        elif sys.platform == "darwin" and not folder.startswith(_SHARED_ON_MACOS):
            yield (
                f"Docker does not share {folder} with containers: add it to File sharing in Docker's "
                "settings, or move it below your home"
            )


def _is_open(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0
