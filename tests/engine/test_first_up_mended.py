"""A first `up` that failed is no dead end: what was never stored may change, and `destroy` leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from checkouts import Checkout, Said
from instances import Instance
from interrupting import control_c, wait_for
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.storage_v1 import StorageClass

from tools.control_plane import CONTEXT

pytestmark = pytest.mark.engine

STUCK = "stuck"
"""A class that is there, and whose provisioner never makes a volume."""
MANY = {"source": "volumes", "access_mode": "ReadWriteMany"}


@pytest.fixture(scope="module")
def client(checkout: Checkout) -> Iterator[Client]:
    """The cluster, with the class."""
    assert checkout.run("openedx-infra", "preview").code == 0  # it starts the cluster
    kubeconfig = checkout.state / "cluster" / "kubeconfig"
    client = Instance(checkout, "mended", kubeconfig, kubeconfig).client
    stuck = StorageClass(metadata=ObjectMeta(name=STUCK), provisioner="example.org/never")
    client.create(stuck)
    yield client
    client.delete(StorageClass, STUCK)


@pytest.fixture(scope="module")
def mended(checkout: Checkout, client: Client, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """An operator's stack whose data is protected. It was never brought up."""
    kubeconfig = checkout.state / "cluster" / "kubeconfig"
    file = tmp_path_factory.mktemp("mended") / "stack.yaml"
    stack = Instance(checkout, "mended", file, kubeconfig, {"PULUMI_CONFIG_PASSPHRASE": "right"})
    wrong(stack)
    said = stack.run("secrets", "generate")
    assert said.code == 0, said.text
    return stack


def wrong(stack: Instance) -> None:
    """Write what can't work into the stack file."""
    address = {"context": CONTEXT, "kubeconfig": str(stack.kubeconfig)}
    stack.say(
        site={"lms_host": "wrong.example.org"},
        cluster={**address, "storage_class": STUCK},
        datastores={"storage": MANY},
    )


def stop(stack: Instance) -> Said:
    """Bring the stack up until all claims wait for volumes that never come, and press Ctrl-C."""
    process = stack.start("up", "--yes")
    wait_for(process, lambda: stack.exists() and len(stack.list("PersistentVolumeClaim")) == len(CLAIMS))
    return control_c(process)


CLAIMS = ("mysql", "mongodb", "broker", "meilisearch", "media", "private")
SOON = {
    "metadata": {
        "annotations": {
            "pulumi.com/waitFor": "jsonpath={.status.phase}=Bound",
            "pulumi.com/timeoutSeconds": "5",
        }
    }
}
"""Waits for a volume for five seconds. The provider's own wait for claims takes five minutes, whatever
`timeoutSeconds` is: its `untilCoreV1PersistentVolumeClaimReady` reads only a constant."""


def test_destroy_leaves_no_empty_claims(mended: Instance) -> None:
    said = stop(mended)
    assert said.code == 1 and "Stopped, as you asked" in said.out, said.text
    assert all(claim.status.phase == "Pending" for claim in mended.list("PersistentVolumeClaim"))
    said = mended.run("destroy", "--yes")
    assert said.code == 0, said.text
    assert "Nothing of the stack is left" in said.out
    assert not mended.exists()
    assert mended.state().get("resources", []) == []


def test_a_mended_stack_file_just_works(mended: Instance) -> None:
    mended.say(overrides=[{"kind": "PersistentVolumeClaim", "name": name, "patch": SOON} for name in CLAIMS])
    said = mended.run("up", "--yes")
    assert said.code == 1 and "PersistentVolumeClaim mysql failed" in said.err, said.text
    outputs = mended.pulumi("stack", "output", "--json")
    assert "openedx:site.lms_host" in outputs.out, "what must not change is known from the first `up` on"
    before = mended.uids("PersistentVolumeClaim")
    address = {"context": CONTEXT, "kubeconfig": str(mended.kubeconfig)}
    mended.say(site={"lms_host": "right.example.org"}, cluster=address, datastores=None, overrides=None)

    said = mended.run("preview")
    assert said.code == 0, said.text
    assert "never bound and hold nothing" in said.out and "mysql" in said.out
    assert mended.uids("PersistentVolumeClaim") == before
    said = mended.pulumi("up", "--yes", "--skip-preview", "--config-file", str(mended.file))
    assert said.code != 0 and "never bound" in said.err and "openedx-infra up --stack" in said.err, said.text
    assert mended.uids("PersistentVolumeClaim") == before

    said = mended.up()
    assert mended.unready() == []
    claims = mended.list("PersistentVolumeClaim")
    assert {claim.spec.storageClassName for claim in claims} == {"standard"}
    assert {mode for claim in claims for mode in claim.spec.accessModes} == {"ReadWriteOnce"}
    assert all(claim.status.phase == "Bound" for claim in claims)
    assert not set(mended.uids("PersistentVolumeClaim").values()) & set(before.values())
    held = {each["urn"].rpartition("::")[2] for each in mended.state()["resources"] if each.get("protect")}
    assert {"namespace", "mysql", "mongodb", "media", "private"} <= held
    assert mended.objects() == mended.believed()
    mended.demand_unchanged()


def test_what_holds_data_is_refused_with_the_operation(mended: Instance) -> None:
    before = mended.objects()
    wrong(mended)
    said = mended.run("up", "--yes")
    assert said.code == 1, said.text
    assert (
        "openedx:cluster.storage_class: was not set when the instance was created and cannot be set to "
        f'"{STUCK}"' in said.err
    )
    assert "openedx:datastores.storage.access_mode: was" in said.err
    assert "docs/datastores.md" in said.err
    assert "openedx:site.lms_host: was" in said.err and "No operation changes the host" in said.err
    assert mended.objects() == before
