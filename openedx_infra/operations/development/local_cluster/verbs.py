"""The verbs dev cluster and dev cluster create and delete."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from openedx_infra.config import PROJECT, Stack
from openedx_infra.operations.development.instance import require
from openedx_infra.operations.development.local_cluster import render
from openedx_infra.operations.development.local_cluster.find import local_clusters
from openedx_infra.operations.development.local_cluster.machine import lacks, output
from openedx_infra.operations.development.local_cluster.render import ClusterPlan, Program
from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.stack_files import editing, stack_file
from openedx_infra.operations.stack_files.checkout import state
from openedx_infra.operations.stack_files.stack_file import StackFile
from tools.paths import private_dir

SNAPSHOTS_ON_NODE = "/var/lib/openedx-infra/snapshots"
"""Where snapshots of instances lie on a node (`data/volumes_pod.py`)."""
_CLUSTER = f"{PROJECT}:cluster"
Confirm = Callable[[str], bool]


def show(name: str, config_file: Path | None, console: Console) -> None:
    """Print the clusters of this machine, and whether each sees the stack's folders."""
    _, stack = _read(name, config_file)
    clusters = local_clusters(_mounts(stack))
    if not clusters:
        console.print(
            "The kubeconfig has no cluster of this machine. `openedx-infra dev cluster create` makes one "
            "with k3d.",
            soft_wrap=True,
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Context", "Kind", "Sees your folders", "How"):
        table.add_column(column)
    for each in clusters:
        sees = "unknown" if each.unseen is None else "yes" if not each.unseen else "not all"
        table.add_row(each.context, each.kind, sees, each.remark)
    console.print(table)
    for each in clusters:
        for folder in each.unseen or ():
            console.print(f"{each.context} does not see {folder}.", highlight=False, soft_wrap=True)


def create(
    name: str,
    config_file: Path | None,
    console: Console,
    *,
    program: Program,
    cluster: str,
    registry: int | None,
) -> None:
    """Make a cluster with the stack's folders and ports, and name it in the stack file where that names
    none. Raises OperationError with all that the machine lacks, before anything is made."""
    file, stack = _read(name, config_file)
    section = require(stack)
    snapshots = private_dir(Path.home() / ".local" / "share" / "openedx-infra" / "snapshots" / cluster)
    plan = ClusterPlan(
        name=cluster,
        folders={**_mounts(stack), str(snapshots): SNAPSHOTS_ON_NODE},
        http=section.ports.http,
        https=section.ports.https,
        registry=registry,
    )
    if problems := lacks(program, plan):
        raise OperationError(
            "This machine lacks what a cluster needs. Nothing was made."
            + "".join(f"\n  {problem}" for problem in problems)
        )
    if cluster in _existing(program):
        raise OperationError(
            f"{program} has a cluster {cluster} already. It is left as it is.",
            remedy="`openedx-infra dev cluster` tells whether it sees your folders; choose another --name, "
            "or delete it",
        )
    _run(program, plan)
    _record(cluster).write_text(json.dumps({"program": program, "name": cluster}))
    _name_it(file, render.context(program, cluster), console)
    if program == "kind":
        console.print(
            "kind brings no ingress controller: install Traefik on the node's ports 80 and 443.",
            soft_wrap=True,
        )


def delete(cluster: str, console: Console, *, confirm: Confirm | None = None) -> None:
    """Delete a cluster that `create` made, and nothing else. Snapshots stay."""
    record = _record(cluster)
    if not record.is_file():
        raise OperationError(
            f"`openedx-infra dev cluster create` made no cluster {cluster} here. Nothing was deleted.",
            remedy="delete others by the program that made them, such as `k3d cluster delete NAME`",
        )
    program = json.loads(record.read_text())["program"]
    if confirm and not confirm(f"Delete the {program} cluster {cluster} with all that is in it?"):
        return
    command = ["k3d", "cluster", "delete", cluster]
    if program == "kind":
        command = ["kind", "delete", "cluster", "--name", cluster]
    done = output(command)
    if done.returncode:
        raise OperationError(f"{program} could not delete {cluster}: {done.stderr.strip()}")
    record.unlink()
    console.print(f"Cluster {cluster} is deleted. Its snapshots stay.", highlight=False)


def _run(program: Program, plan: ClusterPlan) -> None:
    content = render.k3d(plan) if program == "k3d" else render.kind(plan)
    with tempfile.TemporaryDirectory(prefix="openedx-infra-") as folder:
        path = Path(folder) / "cluster.yaml"
        path.write_bytes(editing.fresh(content))
        command = ["k3d", "cluster", "create", "--config", str(path)]
        if program == "kind":
            command = ["kind", "create", "cluster", "--config", str(path), "--wait", "300s"]
        if subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode:
            raise OperationError(
                f"{program} could not make cluster {plan.name}: it printed the reason above.",
                remedy="remove the cause, and run the same command again: it deletes what it made of it",
            )


def _existing(program: Program) -> list[str]:
    if program == "kind":
        return output(["kind", "get", "clusters"]).stdout.split()
    done = output(["k3d", "cluster", "list", "--output", "json"])
    return [str(each.get("name")) for each in json.loads(done.stdout or "[]")]


def _name_it(file: StackFile, context: str, console: Console) -> None:
    named = (file.values.get("cluster") or {}).get("context")
    if named is None:

        def change(config: Any) -> None:
            config[_CLUSTER] = {**(config.get(_CLUSTER) or {}), "context": context}

        editing.edit(file.path, change)
        text = f"The cluster is made, and {file.path.name} names it: {_CLUSTER}.context is {context}."
    elif named == context:
        text = f"The cluster is made: {context}, which {file.path.name} names."
    else:
        text = f"The cluster is made. {file.path.name} names {named}: set {_CLUSTER}.context to {context}."
    console.print(text, highlight=False, soft_wrap=True)


def _mounts(stack: Stack) -> Mapping[str, str]:
    section = require(stack)
    return {
        str(mount.folder_of(stack.name, name)): mount.on_node(stack.name, name)
        for name, mount in section.mounts.items()
    }


def _read(name: str, config_file: Path | None) -> tuple[StackFile, Stack]:
    file = stack_file.read(name, config_file)
    return file, stack_file.instance(file, placeholders=True)


def _record(cluster: str) -> Path:
    """The file that remembers a cluster that was made here."""
    return private_dir(state() / "dev-clusters") / f"{cluster}.json"
