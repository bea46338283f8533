"""Processes run through a real API server: kwok's server of a second node runs them on this machine."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lightkube import Client, KubeConfig, codecs
from lightkube.resources.core_v1 import Node, Pod

from openedx_infra.operations.errors import OperationError
from openedx_infra.operations.pods import process
from openedx_infra.operations.pods.container import RunningContainer, choose
from tools.cluster import EmbeddedCluster
from tools.control_plane import MANIFESTS
from tools.recipes import CLUSTER
from tools.toolchain import ensure

pytestmark = pytest.mark.engine

_EXEC = """
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterExec
metadata: {name: here}
spec:
  execs:
    - local: {envs: [{name: PATH, value: "/usr/bin:/bin"}]}
"""
_PLAYED = "openedx-infra.test/processes"
"""Annotation of the node: not that of simulated ones, on which nothing runs."""


def _pod(node: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"lms-on-{node}", "labels": {"app.kubernetes.io/component": f"lms-{node}"}},
        "spec": {"nodeName": node, "containers": [{"name": "lms", "image": "lms:1"}]},
    }


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A cluster with a node on which processes run, and a pod on it and on a simulated one."""
    folder = tmp_path_factory.mktemp("processes")
    toolchain = ensure(CLUSTER)
    cluster = EmbeddedCluster(folder / "cluster", toolchain)
    cluster.start()
    client = Client(config=KubeConfig.from_file(cluster.kubeconfig), namespace="default", trust_env=False)
    kwok = None
    try:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        kwok = _second_kwok(cluster, toolchain.paths["kwok"], folder, port)
        node = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": "real", "annotations": {_PLAYED: "here"}},
        }
        client.create(codecs.from_dict(node))
        endpoint = {"status": {"daemonEndpoints": {"kubeletEndpoint": {"Port": port}}}}
        _until(lambda: client.get(Node, "real").status.addresses)
        client.patch(Node.Status, "real", endpoint)
        for name in ("real", "simulated-0"):
            client.create(codecs.from_dict(_pod(name)))
            _until(lambda name=name: _ready(client, f"lms-on-{name}"))
        yield client
    finally:
        if kwok is not None:
            kwok.terminate()
            kwok.wait()
        cluster.destroy()


def _second_kwok(cluster: EmbeddedCluster, program: Path, folder: Path, port: int) -> subprocess.Popen[bytes]:
    pki = cluster.kubeconfig.parent / "pki"
    config = folder / "stages.yaml"
    config.write_text((MANIFESTS / "stages.yaml").read_text() + _EXEC)
    options = {
        "kubeconfig": cluster.kubeconfig,
        "config": config,
        "manage-all-nodes": "false",
        "manage-nodes-with-annotation-selector": f"{_PLAYED}=here",
        "node-lease-duration-seconds": 0,
        "node-ip": "127.0.0.1",
        "node-port": port,
        "server-address": f"127.0.0.1:{port}",
        "tls-cert-file": next(pki.glob("apiserver*.crt")),
        "tls-private-key-file": next(pki.glob("apiserver*.key")),
    }
    log = (folder / "kwok.log").open("wb")
    command = [str(program), *(f"--{name}={value}" for name, value in options.items())]
    return subprocess.Popen(command, stdout=log, stderr=log, env={"PATH": os.defpath, "HOME": str(folder)})


def _ready(client: Client, name: str) -> bool:
    conditions = (client.get(Pod, name).status.conditions) or ()
    return any(each.type == "Ready" and each.status == "True" for each in conditions)


def _until(holds: object) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.3)


class _Hashed:
    """A long input that is made while it is read, and its hash."""

    def __init__(self, size: int) -> None:
        self.left, self.hash = size, hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        piece = os.urandom(min(size, self.left))
        self.left -= len(piece)
        self.hash.update(piece)
        return piece


def test_a_long_input_goes_through_the_api_server_whole(client: Client) -> None:
    container = choose(client, "lms-real")
    assert container == RunningContainer(client=client, pod="lms-on-real", name="lms")
    size = 50 * 2**20
    source, out, err = _Hashed(size), bytearray(), bytearray()
    # kwok's server never closes a process's input.
    command = ["sh", "-c", f"head -c {size} | sha256sum; echo done >&2"]
    code = process.run(container, command, stdin=source, on_stdout=out.extend, on_stderr=err.extend)
    assert (code, out.split()[0].decode(), bytes(err)) == (0, source.hash.hexdigest(), b"done\n")


def test_a_simulated_node_runs_nothing(client: Client) -> None:
    with pytest.raises(OperationError, match="containers don't run"):
        choose(client, "lms-simulated-0")
