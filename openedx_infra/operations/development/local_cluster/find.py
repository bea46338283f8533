"""Clusters of this machine in the kubeconfig, and whether their nodes see the developer's folders."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from openedx_infra.operations.development.local_cluster.machine import output
from openedx_infra.operations.stack_files import yaml_reader

K3S = Path("/etc/rancher/k3s")
"""Folder that k3s has on the machine that it runs on."""
_LOCAL = ("127.0.0.1", "localhost", "0.0.0.0", "::1", "kubernetes.docker.internal")


@dataclass(frozen=True, kw_only=True)
class LocalCluster:
    """A cluster whose node is this machine, or a container or a virtual machine on it."""

    context: str
    kind: str
    unseen: Sequence[str] | None
    """Folders that its node doesn't see. None: it can't be told from here."""
    remark: str
    """How its node sees folders."""


def local_clusters(folders: Mapping[str, str]) -> list[LocalCluster]:
    """All of them. `folders`: folders of this machine, and where a node is to show them. Nothing is
    changed."""
    return [
        _cluster(context, kind, folders)
        for context, server in _contexts()
        if (kind := kind_of(context, server)) is not None
    ]


def kind_of(context: str, server: str) -> str | None:
    """What made a cluster, by the name of its context and its address. None: it is elsewhere, or unknown."""
    names = {
        "k3d-": "k3d",
        "kind-": "kind",
        "minikube": "minikube",
        "docker-desktop": "Docker Desktop",
        "rancher-desktop": "Rancher Desktop",
        "colima": "Colima",
    }
    for beginning, kind in names.items():
        if context.startswith(beginning):
            return kind
    return "k3s" if urlsplit(server).hostname in _LOCAL and K3S.is_dir() else None


def _cluster(context: str, kind: str, folders: Mapping[str, str]) -> LocalCluster:
    unseen: list[str] | None
    home = str(Path.home())
    if kind == "k3s":
        unseen, remark = [], "its node is this machine"
    elif kind in ("k3d", "kind"):
        node = f"{context}-server-0" if kind == "k3d" else f"{context.removeprefix('kind-')}-control-plane"
        unseen, remark = _not_mounted(node, folders), "its node sees what it was made with"
    elif kind == "minikube":
        unseen, remark = None, "`minikube mount FOLDER:FOLDER` shows a folder while it runs"
    else:
        unseen = [folder for folder in folders if not folder.startswith(f"{home}/")]
        remark = "its virtual machine sees folders below your home, unless its settings differ"
    return LocalCluster(context=context, kind=kind, unseen=unseen, remark=remark)


def _not_mounted(node: str, folders: Mapping[str, str]) -> list[str] | None:
    """Folders that a container doesn't show where they are to be."""
    if shutil.which("docker") is None:
        return None
    done = output(["docker", "inspect", "--format", "{{json .Mounts}}", node])
    if done.returncode:
        return None
    mounts = [(each.get("Source", ""), each.get("Destination", "")) for each in json.loads(done.stdout)]
    return [here for here, there in folders.items() if not any(_shows(here, there, *one) for one in mounts)]


def _shows(here: str, there: str, source: str, target: str) -> bool:
    """Whether a mount of `source` at `target` shows `here` at `there`."""
    if here != source and not here.startswith(f"{source.rstrip('/')}/"):
        return False
    return Path(there) == Path(target) / Path(here).relative_to(source)


def _contexts() -> Iterator[tuple[str, str]]:
    """Contexts of the kubeconfigs that kubectl reads, each with the address of its cluster."""
    listed = [Path(part) for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    seen = set()
    for path in listed or [Path.home() / ".kube" / "config"]:
        content: Any = yaml_reader.load(path) if path.is_file() else None
        if not isinstance(content, Mapping):
            continue
        servers = {
            each.get("name"): (each.get("cluster") or {}).get("server", "")
            for each in content.get("clusters") or ()
        }
        for each in content.get("contexts") or ():
            name = str(each.get("name"))
            if name not in seen:
                seen.add(name)
                yield name, str(servers.get((each.get("context") or {}).get("cluster"), ""))
