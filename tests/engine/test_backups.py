"""Backup, restore and verify run their Jobs in the right order, and report one that fails.

Containers don't run here: that data really comes back is shown by `tests/parts/test_backup_restore.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from instances import FirstUp, Instance
from lightkube.resources.batch_v1 import Job
from test_external import FAILING

from tools.control_plane import CONTEXT

pytestmark = pytest.mark.engine

TO = {"endpoint": "https://s3.example.org:9000", "bucket": "kept-backups"}
PATCH = {"spec": {"jobTemplate": FAILING}}
AGAIN = ("lms-migrate", "studio-migrate", "lms-setup", "studio-setup")


@pytest.fixture(scope="module")
def kept(first_up: FirstUp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance whose data is kept."""
    dev = first_up.instance
    file = tmp_path_factory.mktemp("kept") / "stack.yaml"
    words = {"PULUMI_CONFIG_PASSPHRASE": "of the operator's own"}
    instance = Instance(dev.checkout, "kept", file, dev.kubeconfig, words)
    instance.say(
        site={"lms_host": "learn.kept.example.org"},
        cluster={"context": CONTEXT, "kubeconfig": str(dev.kubeconfig)},
        datastores={"protect": False},
        backups={"destination": TO},
    )
    said = instance.run("secrets", "generate")
    assert said.code == 0 and "only you know their values: backup_access_key, backup_secret_key." in said.out
    instance.tell("backup_access_key", "backup_secret_key")
    instance.up()
    yield instance
    instance.throw_away(f"{instance.namespace}-drill")


def made(instance: Instance, cron_job: str, namespace: str | None = None) -> list[str]:
    """Jobs that verbs have made of a CronJob."""
    found = instance.client.list(Job, namespace=namespace or instance.namespace)
    names = [job.metadata.name for job in found if job.metadata and job.metadata.name]
    return [name for name in names if name.startswith(f"{cron_job}-by-hand-")]


def test_a_backup_is_made_before_the_first_migrations(kept: Instance) -> None:
    assert "backup-before" in kept.jobs()


def test_a_backup_at_once(kept: Instance) -> None:
    said = kept.run("backup")
    assert said.code == 0 and "The backup is kept." in said.out, said.text
    assert "containers don't run: nothing was really done" in said.out
    assert len(made(kept, "backup")) == 1
    listed = kept.run("backup", "list")
    assert listed.code == 0 and "There are no backups yet." in listed.out, listed.text


def test_a_proof_at_once_is_in_the_scratch_namespace(kept: Instance) -> None:
    said = kept.run("verify")
    assert said.code == 0 and "it is good" in said.out, said.text
    assert len(made(kept, "drill", f"{kept.namespace}-drill")) == 1 and not made(kept, "drill")


def test_a_restore_pauses_overwrites_and_migrates_again(kept: Instance) -> None:
    before = kept.jobs()
    said = kept.run("restore", "--yes")
    assert said.code == 0 and "The backup is restored." in said.out, said.text
    steps = [line for line in said.out.splitlines() if line.startswith("Step ")]
    assert [step[:11] for step in steps] == [f"Step {number} of 5" for number in range(1, 6)]
    assert len(made(kept, "backup-check")) == 1 and len(made(kept, "backup-restore")) == 1
    now = kept.jobs()
    assert {name for name in before if before[name] != now.get(name)} == set(AGAIN)
    assert kept.unready() == []
    kept.demand_unchanged()


def test_a_backup_that_is_not_good_changes_nothing(kept: Instance) -> None:
    """The last one of this instance: the patch stays."""
    kept.say(overrides=[{"kind": "CronJob", "name": "backup-check", "patch": PATCH}])
    kept.up()
    pods = kept.pods()
    said = kept.run("restore", "--yes")
    assert said.code == 1 and "Job backup-check-by-hand-" in said.err, said.text
    assert "failed: BackoffLimitExceeded" in said.err and "Traceback" not in said.text
    assert "Step 2" not in said.out and kept.pods() == pods


def test_without_backups_the_verbs_tell_what_to_say(first_up: FirstUp) -> None:
    for verb in (["backup"], ["backup", "list"], ["restore", "--yes"], ["verify"]):
        said = first_up.instance.run(*verb)
        assert said.code == 1 and "does not set openedx:backups" in said.err, said.text
