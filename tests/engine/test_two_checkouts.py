"""Two checkouts on one machine, and a kubeconfig that leads elsewhere: nobody disturbs anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from checkouts import Checkout
from instances import Instance
from strangers import Stranger

pytestmark = pytest.mark.engine


@pytest.fixture
def second(checkout: Checkout, stranger: Stranger) -> Iterator[Checkout]:
    """A second clone of the same user's."""
    second = Checkout(checkout.machine / "second", checkout.machine, stranger.kubeconfig)
    yield second
    second.run("openedx-infra", "down")


def test_another_checkout_has_a_cluster_state_and_secrets_of_its_own(dev: Instance, second: Checkout) -> None:
    """The first thing that is typed in it is plain Pulumi."""
    before, known = dev.pods(), dev.objects()
    said = second.run("pulumi", "preview", "--non-interactive")
    assert said.code == 0, said.text
    assert re.search(r"Resources:\s+\+ \d+ to create\s*$", said.out), "it makes all, and changes nothing"
    assert second.state != dev.checkout.state
    theirs = (second.state / "cluster" / "kubeconfig").read_text()
    assert theirs != dev.kubeconfig.read_text()
    assert (second.state / "passphrase").read_text() != (dev.checkout.state / "passphrase").read_text()

    assert second.run("openedx-infra", "down").code == 0
    assert dev.pods() == before and dev.objects() == known
    dev.demand_unchanged()
    assert second.changed() == ""


def test_nobody_asks_a_cluster_that_is_merely_current(dev: Instance, stranger: Stranger) -> None:
    dev.demand_unchanged()
    assert stranger.visits == 0
