"""A second instance beside the first: of an operator's own stack file, cut short twice, destroyed, remade.

It names the embedded cluster by context and kubeconfig, holds its own secrets, and its data is protected. The
tests follow its life; each asks only for the chapter that it is about, which brings about those before.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from checkouts import Said
from instances import FirstUp, Instance
from interrupting import control_c, power_cut, runs, wait_for
from lightkube.resources.core_v1 import PersistentVolume

from tools.control_plane import CONTEXT

pytestmark = pytest.mark.engine

PASSPHRASE = "of the operator's own"
MIGRATIONS = {"lms-migrate": 9, "studio-migrate": 30}
"""Seconds of each. Studio's outlives the start of the next `up`: 9 were too few on a busy machine."""
GONE_SECONDS = 60.0


def slow(seconds: int) -> dict[str, object]:
    """A patch by which the embedded cluster takes its time with a Job: one can interrupt it meanwhile."""
    delay = {"openedx-infra.test/delay": f"{seconds}s"}
    return {"spec": {"template": {"metadata": {"annotations": delay}}}}


@pytest.fixture(scope="module")
def file_of_campus(first_up: FirstUp) -> Instance:
    """The operator's stack file with its secrets; nothing was brought up yet."""
    dev = first_up.instance
    folder = dev.checkout.machine / "campus"
    folder.mkdir()
    campus = Instance(
        checkout=dev.checkout,
        name="campus",
        file=folder / "Pulumi.campus.yaml",
        kubeconfig=dev.kubeconfig,
        environment={"PULUMI_CONFIG_PASSPHRASE": PASSPHRASE},
    )
    shutil.copy(dev.kubeconfig, folder / "kubeconfig")
    campus.say(
        site={"lms_host": "learn.campus.example.org"},
        cluster={"context": CONTEXT, "kubeconfig": str(folder / "kubeconfig")},
        overrides=[
            {"kind": "Job", "name": name, "patch": slow(seconds)} for name, seconds in MIGRATIONS.items()
        ],
    )
    said = campus.run("secrets", "generate")
    assert said.code == 0, said.text
    return campus


@dataclass
class Chapter:
    """What was there after something happened to the instance."""

    said: Said
    volumes: dict[str, str]
    jobs: dict[str, list[str]]
    """Uids of the Jobs by component; of one that is run again there may be two for a while."""


def chapter(campus: Instance, said: Said) -> Chapter:
    jobs: dict[str, list[str]] = {}
    for item in campus.list("Job"):
        jobs.setdefault(item.metadata.labels["app.kubernetes.io/component"], []).append(item.metadata.uid)
    return Chapter(said, campus.uids("PersistentVolumeClaim"), jobs)


@pytest.fixture(scope="module")
def stopped(file_of_campus: Instance) -> Chapter:
    """`up` from nothing, and Ctrl-C while the LMS migrates."""
    process = file_of_campus.start("up", "--yes")
    wait_for(process, runs(file_of_campus, "lms-migrate"))
    return chapter(file_of_campus, control_c(process))


@pytest.fixture(scope="module")
def killed(file_of_campus: Instance, stopped: Chapter) -> Chapter:
    """`up` again, and a power cut while Studio migrates."""
    process = file_of_campus.start("up", "--yes")
    wait_for(process, runs(file_of_campus, "studio-migrate"))
    power_cut(process)
    return chapter(file_of_campus, Said(process.returncode, "", ""))


@pytest.fixture(scope="module")
def complete(file_of_campus: Instance, killed: Chapter) -> Chapter:
    """`up` to the end."""
    return chapter(file_of_campus, file_of_campus.up())


@pytest.fixture
def campus(file_of_campus: Instance, complete: Chapter) -> Instance:
    """The second instance, complete."""
    return file_of_campus


def test_secrets_are_written_into_the_operators_file_encrypted(file_of_campus: Instance) -> None:
    content = yaml.safe_load(file_of_campus.file.read_text())
    secrets = content["config"]["openedx:secrets"]
    assert len(secrets) > 10 and all(list(value) == ["secure"] for value in secrets.values())
    assert content["encryptionsalt"]


def test_a_stop_half_way_says_so_and_how_to_go_on(stopped: Chapter) -> None:
    assert stopped.said.code == 1
    assert "Stopped, as you asked" in stopped.said.text
    assert "openedx-infra up --stack campus" in stopped.said.text


def test_what_was_interrupted_comes_to_its_end_and_loses_nothing(
    stopped: Chapter, killed: Chapter, complete: Chapter, campus: Instance
) -> None:
    assert campus.unready() == []
    assert stopped.volumes == killed.volumes == complete.volumes
    assert campus.objects() == campus.believed()
    campus.demand_unchanged()


def test_what_was_done_before_an_interruption_is_not_done_again(
    stopped: Chapter, killed: Chapter, complete: Chapter
) -> None:
    for job in ("mysql-provision", "mongodb-provision", "search-provision"):
        assert stopped.jobs[job] == complete.jobs[job]
    assert killed.jobs["lms-migrate"] == complete.jobs["lms-migrate"]


def test_a_job_that_runs_on_through_an_interruption_is_not_started_beside_itself(
    stopped: Chapter, killed: Chapter, complete: Chapter
) -> None:
    assert stopped.jobs["lms-migrate"] == killed.jobs["lms-migrate"]
    assert killed.jobs["studio-migrate"] == complete.jobs["studio-migrate"]
    assert "of an earlier run is still running: waiting for its end" in complete.said.out


def test_two_instances_live_side_by_side(campus: Instance, dev: Instance) -> None:
    before = dev.pods()
    campus.say(mfes={"config": {"LOGO_URL": "https://campus.example.org/logo.svg"}})
    campus.up()
    assert dev.pods() == before
    assert campus.unready() == dev.unready() == []
    dev.demand_unchanged()
    assert not set(campus.uids("Service").values()) & set(dev.uids("Service").values())


def test_two_instances_do_not_share_a_host(campus: Instance, dev: Instance, tmp_path: Path) -> None:
    """Not even one that is another site of theirs."""
    before = dev.objects(), campus.objects()
    for neighbour, host in ((dev, "local.openedx.io"), (campus, "studio.learn.campus.example.org")):
        twin = Instance(dev.checkout, "twin", tmp_path / "stack.yaml", dev.kubeconfig)
        twin.say(site={"lms_host": host})
        for words in (("up", "--yes"), ("preview",)):
            said = twin.run(*words)
            assert said.code == 1, said.text
            assert host in said.err and "served by Ingress" in said.err
            assert f"of namespace {neighbour.namespace} (stack {neighbour.name})" in said.err
            assert not twin.exists()
    assert (dev.objects(), campus.objects()) == before


def test_destroy_leaves_what_is_protected_and_the_next_up_takes_it_up(
    campus: Instance, dev: Instance
) -> None:
    volumes, serving = campus.uids("PersistentVolumeClaim"), dev.pods()
    said = campus.run("destroy", "--yes")
    assert said.code == 0, said.text
    claims = {f"PersistentVolumeClaim/{name}" for name in volumes}
    assert campus.objects() == claims == campus.believed()
    assert all(f"{claim.replace('/', ' ')}" in said.out for claim in claims)
    assert "protect: false" in said.out
    assert all(claim.status.phase == "Bound" for claim in campus.list("PersistentVolumeClaim"))
    assert dev.pods() == serving

    campus.say(release="ulmo")
    for refused in (campus.run("up", "--yes"), campus.run("preview")):
        assert refused.code == 1 and "has databases of verawood" in refused.err, refused.text
    assert campus.objects() == claims

    campus.say(release=None, overrides=None)
    campus.up()
    assert campus.uids("PersistentVolumeClaim") == volumes
    assert campus.unready() == []


def test_destroy_without_protection_leaves_nothing(campus: Instance, dev: Instance) -> None:
    serving = dev.pods()
    campus.say(overrides=None, datastores={"protect": False})
    campus.up()
    said = campus.run("destroy", "--yes")
    assert said.code == 0, said.text
    assert "Nothing of the stack is left" in said.out
    assert not campus.exists()
    assert campus.state().get("resources", []) == []
    end = time.monotonic() + GONE_SECONDS
    while volumes_of(campus):
        assert time.monotonic() < end, "volumes are left"
        time.sleep(0.2)
    assert dev.pods() == serving and dev.unready() == []


def volumes_of(instance: Instance) -> list[str]:
    """Volumes of the cluster that were made for claims of the instance."""
    claims = [
        (volume.metadata, volume.spec and volume.spec.claimRef)
        for volume in instance.client.list(PersistentVolume)
    ]
    return [
        meta.name or "" for meta, claim in claims if meta and claim and claim.namespace == instance.namespace
    ]
