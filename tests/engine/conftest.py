"""Each worker's machine, checkout and embedded cluster, and the instance `dev` in it, which its tests share.

`dev` is brought up once for each worker and changed by one test after the other, each of which looks at what
its own change did. So tests of a file stay together, and so do all that disturb the instance `sturdy`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter
from checkouts import Checkout
from disturbing import add_node
from endpoints import SERVING
from faults import REPLICAS, ROWS, SLOW, table
from instances import FirstUp, Instance
from strangers import Stranger
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from tools.cluster import EmbeddedCluster
from tools.recipes import ALL
from tools.toolchain import ensure

STACK = "dev"
FIRST = (
    "sturdy",
    "test_aws",
    "test_foundation",
    "test_upgrades",
    "test_external",
    "test_scaled_by_others",
    "test_two_instances",
    "test_operators",
)
"""Groups that take the longest: begun last, each would be waited for by all other workers."""
FAULT = "fault"
"""Property of a test's report: a row of the table of faults."""
_rows: list[list[str]] = []


class Groups(LoadFileScheduling):
    """Tests of a file in one worker, and those of all files that disturb `sturdy` in one."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(super()._split_scope(nodeid))


def group_of(path: str) -> str:
    """The group of a file of tests: the instance that it shares with other files, or its own name."""
    name = Path(path).stem
    return "sturdy" if name.startswith("test_faults_") else name


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Groups:
    """Hand whole groups to workers."""
    return Groups(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest groups first; of all groups those of ENGINE_SHARD."""
    groups = {
        item: group_of(item.nodeid.partition("::")[0]) for item in items if item.get_closest_marker("engine")
    }
    items.sort(key=lambda item: FIRST.index(groups[item]) if groups.get(item) in FIRST else len(FIRST))
    number, count = map(int, os.environ.get("ENGINE_SHARD", "1/1").split("/"))
    order = list(dict.fromkeys(groups[item] for item in items if item in groups))
    others = [item for item in groups if order.index(groups[item]) % count != number - 1]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


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


@pytest.fixture(autouse=True)
def _faults_are_reported(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """Send what a test's faults cost from the worker to the terminal."""
    before = len(ROWS)
    yield
    for happened in ROWS[before:]:
        record_property(FAULT, list(happened.row))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what faults cost."""
    if report.when == "teardown":
        _rows.extend(row for name, row in report.user_properties if name == FAULT)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print what faults cost."""
    if rows := table(_rows):
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
