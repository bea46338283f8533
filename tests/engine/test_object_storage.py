"""An instance with an S3 server of its own: its buckets come before migrations, and stay when keys change."""

from __future__ import annotations

import shutil

import pytest
from checkouts import Said
from instances import FirstUp, Instance

from tools.control_plane import CONTEXT

pytestmark = pytest.mark.engine

FAILS = {"spec": {"template": {"metadata": {"annotations": {"openedx-infra.test/outcome": "fail"}}}}}


@pytest.fixture(scope="module")
def planned(first_up: FirstUp) -> Instance:
    """Its stack file, with secrets; the Job that makes the buckets will fail."""
    dev = first_up.instance
    folder = dev.checkout.machine / "files"
    folder.mkdir()
    shutil.copy(dev.kubeconfig, folder / "kubeconfig")
    files = Instance(
        checkout=dev.checkout,
        name="files",
        file=folder / "Pulumi.files.yaml",
        kubeconfig=dev.kubeconfig,
        environment={"PULUMI_CONFIG_PASSPHRASE": "files"},
    )
    files.say(
        site={"lms_host": "learn.files.example.org"},
        cluster={"context": CONTEXT, "kubeconfig": str(folder / "kubeconfig")},
        datastores={"storage": {"source": "in-cluster", "storage": "5Gi"}, "protect": False},
        overrides=[{"kind": "Job", "name": "storage-provision", "patch": FAILS}],
    )
    said = files.run("secrets", "generate")
    assert said.code == 0, said.text
    return files


@pytest.fixture(scope="module")
def failed(planned: Instance) -> tuple[Said, set[str]]:
    """What was said when the buckets could not be made, and the Jobs that there were then."""
    said = planned.run("up", "--yes")
    return said, set(planned.jobs())


@pytest.fixture(scope="module")
def files(planned: Instance, failed: tuple[Said, set[str]]) -> Instance:
    """The instance, once its Job was mended."""
    planned.say(overrides=None)
    planned.up()
    return planned


def test_without_buckets_nothing_is_migrated(failed: tuple[Said, set[str]]) -> None:
    said, jobs = failed
    assert said.code != 0 and "storage-provision" in said.text
    assert "storage-provision" in jobs and "lms-migrate" not in jobs


def test_it_comes_up_whole(files: Instance) -> None:
    assert files.unready() == []
    assert "storage" in files.pods()
    assert "storage-provision" in files.jobs()
    claims = {item.metadata.name: item.status for item in files.list("PersistentVolumeClaim")}
    assert {"media", "private"}.isdisjoint(claims)
    assert claims["storage"].phase == "Bound"
    assert files.objects() == files.believed()


def test_nothing_is_left_to_do(files: Instance) -> None:
    files.demand_unchanged()


def test_visitors_have_a_host_for_files(files: Instance) -> None:
    [ingress] = [item for item in files.list("Ingress") if item.metadata.name == "storage"]
    [rule] = ingress.spec.rules
    assert rule.host == "files.learn.files.example.org"
    assert {path.path for path in rule.http.paths} == {
        f"/files-{purpose}" for purpose in ("public", "private", "grades", "ora", "exports")
    }


def test_a_new_key_renews_the_server_and_then_the_policies(files: Instance) -> None:
    """The platform's name stands in both; its files stay where they are."""
    pods, jobs, volumes = files.pods(), files.jobs(), files.uids("PersistentVolumeClaim")
    said = files.run("secrets", "rotate", "s3_access_key", "--yes")
    assert said.code == 0, said.text
    files.up()
    assert files.pods()["storage"].isdisjoint(pods["storage"])
    assert files.pods()["mysql"] == pods["mysql"]
    assert files.jobs()["storage-provision"] != jobs["storage-provision"]
    assert files.jobs()["mysql-provision"] == jobs["mysql-provision"]
    assert files.uids("PersistentVolumeClaim") == volumes
    files.demand_unchanged()
