"""A datastore goes elsewhere: not before its data was moved, and its old volume stays in the cluster."""

from __future__ import annotations

import pytest
from instances import FirstUp, Instance

from tools.control_plane import CONTEXT

pytestmark = pytest.mark.engine

ELSEWHERE = {"source": "external", "host": "mysql.example.org"}


@pytest.fixture(scope="module")
def protected(first_up: FirstUp, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """An instance whose data is protected, with MySQL in the cluster."""
    dev = first_up.instance
    file = tmp_path_factory.mktemp("moving") / "stack.yaml"
    stack = Instance(dev.checkout, "moving", file, dev.kubeconfig, {"PULUMI_CONFIG_PASSPHRASE": "right"})
    cluster = {"context": CONTEXT, "kubeconfig": str(dev.kubeconfig)}
    stack.say(site={"lms_host": "moving.example.org"}, cluster=cluster)
    assert stack.run("secrets", "generate").code == 0
    stack.up()
    return stack


def test_mysql_goes_elsewhere_and_its_volume_stays(protected: Instance) -> None:
    before = protected.objects()
    volume = protected.uids("PersistentVolumeClaim")["mysql"]

    protected.say(datastores={"mysql": ELSEWHERE})
    said = protected.run("up", "--yes")
    assert said.code == 1, said.text
    assert "openedx:datastores.mysql.source" in said.err
    assert "openedx:datastores.moved: [mysql]" in said.err and "docs/datastores.md" in said.err
    assert protected.objects() == before

    protected.say(datastores={"mysql": ELSEWHERE, "moved": ["mysql"]})
    said = protected.run("preview")
    assert said.code == 0, said.text
    assert "PersistentVolumeClaim mysql" in said.out
    assert protected.objects() == before
    assert "PersistentVolumeClaim/mysql" in protected.believed()

    said = protected.up()
    assert "PersistentVolumeClaim mysql" in said.out
    assert protected.uids("PersistentVolumeClaim")["mysql"] == volume
    assert "PersistentVolumeClaim/mysql" not in protected.believed()
    assert "StatefulSet/mysql" not in protected.objects()
    assert "StatefulSet/mongodb" in protected.objects()
    assert protected.unready() == []
    protected.demand_unchanged()

    protected.say(datastores={"mysql": {**ELSEWHERE, "host": "other.example.org"}, "moved": ["mysql"]})
    said = protected.run("up", "--yes")
    assert said.code == 1 and "since an earlier move" in said.err, said.text


def test_what_is_not_moved_stays_protected(protected: Instance) -> None:
    held = {
        resource["urn"].rpartition("::")[2]
        for resource in protected.state()["resources"]
        if resource.get("protect")
    }
    assert {"mongodb", "media", "private", "namespace"} <= held
    assert "mysql" not in held
