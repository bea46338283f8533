"""One machine, one checkout and one embedded cluster for all engine tests, and the instance `dev` in it.

What costs time is shared: `dev` is brought up once and changed by one test after the other, each of which
looks at what its own change did and so works alone too. `test_two_instances.py` comes last and has an
instance of its own, `campus`, in the same cluster.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from checkouts import Checkout
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


@pytest.fixture
def dev(first_up: FirstUp) -> Iterator[Instance]:
    """The instance `dev`, complete. What a failing test left half done is mended."""
    instance = first_up.instance
    before = instance.file.read_text()
    yield instance
    if instance.unready():
        instance.file.write_text(before)
        instance.up()
