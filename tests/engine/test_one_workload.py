"""One workload by the real engine: what its state holds, and how long it is waited for when it goes."""

from __future__ import annotations

import io
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lightkube import Client, KubeConfig
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Pod
from rich.console import Console

from openedx_infra.operations.state import recovery
from openedx_infra.operations.state.pulumi_cli import Cli, Result
from tools.cluster import EmbeddedCluster
from tools.recipes import CLUSTER, ENGINE
from tools.toolchain import ensure

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
GRACE = 4
"""Seconds of the pods, beyond which a deletion may take `DELETION_SECONDS`: here, as few."""
PROGRAM = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import pulumi
from openedx_infra.kubernetes import timeouts, workload
from openedx_infra.kubernetes.names import Scope
from openedx_infra.kubernetes.pod import Container, FixedSize, Image, Pod
timeouts.DELETION_SECONDS = {GRACE}
scope = Scope(namespace="default", instance="small", part_of="openedx")
size = FixedSize(cpu="10m", memory="16Mi", memory_limit="16Mi")
container = Container(image=Image(reference="registry.invalid/worker:1"), size=size)
pod = Pod(component="worker", container=container, user=10001, grace_seconds={GRACE})
if pulumi.Config().get_bool("pool"):
    workload.deployment("worker", scope, pod, pulumi.ResourceOptions(), replicas=2)
"""
HOLD = "openedx.org/working"
"""Finalizer of a pod that takes its time."""


@dataclass
class Pool:
    """A stack whose one pool of workers is there or taken out."""

    cli: Cli
    folder: Path
    client: Client

    def run(self, *words: str) -> Result:
        return self.cli.run([*words, "--stack", "small"], folder=self.folder)

    def up(self, *, pool: bool) -> Result:
        assert self.run("config", "set", "pool", str(pool).lower()).code == 0
        return self.run("up", "--yes", "--skip-preview")

    def pods(self) -> list[str]:
        labels = {"app.kubernetes.io/component": "worker"}
        return [str(pod.metadata.name) for pod in self.client.list(Pod, labels=labels) if pod.metadata]

    def hold(self, *, on: bool) -> None:
        """Let the pods work on, or end."""
        for name in self.pods():
            self.client.patch(Pod, name, {"metadata": {"finalizers": [HOLD] if on else None}})


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    toolchain, folder = ensure({*CLUSTER, *ENGINE}), tmp_path_factory.mktemp("program")
    cluster = EmbeddedCluster(tmp_path_factory.mktemp("cluster"), toolchain)
    cluster.start(Console(file=io.StringIO()))
    try:
        (folder / "__main__.py").write_text(PROGRAM)
        (folder / "Pulumi.yaml").write_text(
            "name: small\nruntime:\n  name: python\n  options:\n"
            f"    toolchain: pip\n    virtualenv: {sys.prefix}\n"
        )
        environment = toolchain.environment({"PATH": "/usr/bin:/bin", "HOME": str(folder)}) | {
            "PULUMI_BACKEND_URL": tmp_path_factory.mktemp("state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "KUBECONFIG": str(cluster.kubeconfig),
        }
        config = KubeConfig.from_file(cluster.kubeconfig)
        client = Client(config=config, namespace="default", trust_env=False)
        pool = Pool(Cli(toolchain.bin_dir / "pulumi", environment), folder, client)
        made = pool.cli.run(["stack", "init", "small"], folder=folder)
        assert made.code == 0, made.stderr
        yield pool
    finally:
        cluster.destroy()


@pytest.mark.parametrize("leaving", ["taken out", "destroyed"])
def test_a_pool_is_gone_only_when_its_pods_are(pool: Pool, leaving: str) -> None:
    leave: Callable[[], Result] = {
        "taken out": lambda: pool.up(pool=False),
        "destroyed": lambda: pool.run("destroy", "--yes", "--skip-preview"),
    }[leaving]
    made = pool.up(pool=True)
    assert made.code == 0, made.stdout + made.stderr
    pool.hold(on=True)
    gone: list[float] = []
    worked = threading.Timer(GRACE, lambda: (gone.append(time.monotonic()), pool.hold(on=False)))
    worked.start()
    left = leave()
    worked.join()
    assert left.code == 0, left.stdout + left.stderr
    assert time.monotonic() > gone[0] and pool.pods() == []
    assert list(pool.client.list(Deployment)) == []


def test_recovery_writes_into_the_state_what_the_provider_does(pool: Pool) -> None:
    """Of what a killed run was creating. A new version of the provider may write something else: then change
    `recovery._created` with it."""
    assert pool.up(pool=True).code == 0
    state = json.loads(pool.run("stack", "export").stdout)
    [by_provider] = [
        each for each in state["deployment"]["resources"] if each["type"].endswith(":Deployment")
    ]
    before = {key: by_provider[key] for key in ("urn", "type", "custom", "inputs")}
    [manager] = {
        entry.manager
        for entry in (pool.client.get(Deployment, "worker").metadata or ObjectMeta()).managedFields or ()
        if (entry.manager or "").startswith("pulumi")
    }
    pending = {"pending_operations": [{"type": "creating", "resource": before}]}
    written = recovery.without_pending({"deployment": pending}, {before["urn"]: str(manager)})
    [by_recovery] = written["deployment"]["resources"]
    assert by_recovery["id"] == by_provider["id"]
    for key in {key for each in (by_recovery, by_provider) for key in each["outputs"] if key[:2] == "__"}:
        assert by_recovery["outputs"].get(key) == by_provider["outputs"].get(key), key


def test_pods_that_never_end_are_named_and_the_next_run_goes_on(pool: Pool) -> None:
    """By the deadline that the workload sets: Pulumi's own would be ten minutes."""
    assert pool.up(pool=True).code == 0
    pool.hold(on=True)
    begin = time.monotonic()
    left = pool.up(pool=False)
    assert left.code != 0 and "worker" in left.stdout + left.stderr
    assert time.monotonic() - begin < 60
    pool.hold(on=False)
    assert pool.up(pool=False).code == 0
    assert pool.pods() == []
