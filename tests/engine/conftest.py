"""One machine, one checkout and one embedded cluster for all engine tests, and the instance `dev` in it.

What costs time is shared: `dev` is brought up once and changed by one test after the other, each of which
looks at what its own change did and so works alone too. `test_two_instances.py` comes last and has an
instance of its own, `campus`, in the same cluster.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from _pytest.terminal import TerminalReporter
from checkouts import Checkout
from disturbing import add_node
from endpoints import SERVING
from faults import REPLICAS, SLOW, table
from instances import FirstUp, Instance
from strangers import Stranger

from tools.cluster import EmbeddedCluster
from tools.recipes import ALL
from tools.toolchain import ensure

STACK = "dev"


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stranger]:
    with Stranger(tmp_path_factory.mktemp("stranger") / "kubeconfig") as stranger:
        yield stranger


@pytest.fixture(scope="session")
def checkout(stranger: Stranger, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    toolchain = ensure(ALL)
    machine = tmp_path_factory.mktemp("machine")
    checkout = Checkout(machine / "checkout", machine, stranger.kubeconfig)
    yield checkout
    # Not `down`: the folders of its volumes lie outside of the machine's.
    EmbeddedCluster(checkout.state / "cluster", toolchain).destroy()


@pytest.fixture(scope="session")
def first_up(checkout: Checkout) -> FirstUp:
    """`openedx-infra up` in a fresh clone, from no cluster, no state and no secrets at all."""
    said = checkout.run("openedx-infra", "up")
    assert said.code == 0, said.text
    file = checkout.machine / "dev.yaml"
    shutil.copy(checkout.folder / f"Pulumi.{STACK}.yaml", file)
    kubeconfig = checkout.state / "cluster" / "kubeconfig"
    return FirstUp(Instance(checkout=checkout, name=STACK, file=file, kubeconfig=kubeconfig), said)


@pytest.fixture(scope="session")
def sturdy_up(stranger: Stranger, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A complete instance of several replicas on three nodes, in a cluster of its own, for faults."""
    toolchain = ensure(ALL)
    machine = tmp_path_factory.mktemp("sturdy")
    checkout = Checkout(machine / "checkout", machine, stranger.kubeconfig)
    assert checkout.run("openedx-infra", "preview").code == 0  # it starts the cluster
    kubeconfig = checkout.state / "cluster" / "kubeconfig"
    instance = Instance(checkout=checkout, name=STACK, file=machine / "sturdy.yaml", kubeconfig=kubeconfig)
    shutil.copy(checkout.folder / f"Pulumi.{STACK}.yaml", instance.file)
    add_node(instance, "simulated-2")
    instance.say(
        datastores={"protect": False, "storage": {"source": "volumes", "access_mode": "ReadWriteMany"}},
        sizing={name: {"replicas": REPLICAS} for name in SERVING},
        overrides=SLOW,
    )
    instance.up()
    yield instance
    EmbeddedCluster(checkout.state / "cluster", toolchain).destroy()


@pytest.fixture
def sturdy(sturdy_up: Instance) -> Iterator[Instance]:
    """The same, complete. What a failing test left half done is mended."""
    before = sturdy_up.file.read_text()
    yield sturdy_up
    if sturdy_up.unready():
        sturdy_up.file.write_text(before)
        sturdy_up.up()


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print what faults cost."""
    if rows := table():
        terminalreporter.section("faults")
        for row in rows:
            terminalreporter.write_line(row)


@pytest.fixture
def dev(first_up: FirstUp) -> Iterator[Instance]:
    """The instance `dev`, complete. What a failing test left half done is mended."""
    instance = first_up.instance
    before = instance.file.read_text()
    yield instance
    if instance.unready():
        instance.file.write_text(before)
        instance.up()
