"""Somebody deletes or changes objects by hand: `status` and `preview` tell, and the next plain `up` heals."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from instances import FirstUp, Instance
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Namespace, Secret

pytestmark = pytest.mark.engine

DRIFT = ("missing", "being deleted", "changed", "not of this stack")
LATE = "broker-password"
"""Secret that is deleted while `up` runs; no change of a setting touches it."""


def rows(instance: Instance) -> dict[str, str]:
    """What `status --json` has of objects that are not as they should be, or not of the stack."""
    said = instance.run("status", "--json")
    listed = json.loads(said.out)
    assert said.code == int(any(not row["ready"] for row in listed)), said.text
    return {f"{row['kind']} {row['name']}": row["count"] for row in listed if row["count"] in DRIFT}


def secret(instance: Instance, name: str) -> str:
    """The name of a Secret in the cluster, by its name in the program."""
    (found,) = (each for each in instance.uids("Secret") if each.rpartition("-")[0] == name)
    return found


def test_what_was_deleted_by_hand_is_told_and_healed(dev: Instance) -> None:
    lost = secret(dev, "lms-secrets")
    dev.client.delete(Deployment, "mfe")
    dev.client.delete(Secret, lost)
    metadata = ObjectMeta(name="theirs", namespace=dev.namespace)
    dev.client.create(ConfigMap(metadata=metadata, data={"a": "b"}))
    try:
        told = rows(dev)
        assert told["Deployment mfe"] == told[f"Secret {lost}"] == "missing"
        assert told["ConfigMap theirs"] == "not of this stack"
        said = dev.run("status")
        assert said.code == 1 and "openedx-infra up --stack dev" in said.out
        said = dev.run("preview", "--expect-no-changes")
        assert said.code == 1
        assert f"deleted outside the program: Secret {lost}" in said.out and "Deployment mfe" in said.out
        assert "DATA IS LOST" not in said.out
        plain = dev.pulumi("preview", "--config-file", str(dev.file))
        assert plain.code == 0 and "add --refresh" in plain.err and "Deployment mfe" in plain.err, plain.text
        said = dev.up()
        assert "2 created" in said.out and "Deployment mfe" in said.out
        assert dev.objects() - {"ConfigMap/theirs"} == dev.believed()
        assert set(rows(dev)) == {"ConfigMap theirs"}, "what is not of the stack is no fault of it"
    finally:
        dev.client.delete(ConfigMap, "theirs")
    dev.demand_unchanged()


def test_what_was_changed_by_hand_is_told_with_who_and_when_and_set_back(dev: Instance) -> None:
    change = {
        "spec": {"replicas": 0, "template": {"spec": {"containers": [{"name": "mfe", "image": "other:1"}]}}}
    }
    dev.client.patch(Deployment, "mfe", change, field_manager="kubectl-edit")
    said = dev.run("status")
    assert said.code == 1
    text = " ".join(said.out.split())
    assert "spec.replicas is 0, not 1 (by kubectl-edit, 20" in text
    assert "containers[name=mfe].image is other:1, not" in text
    assert "up --refresh --stack dev" in text
    said = dev.run("drift", "--json")
    assert said.code == 2, said.text
    (mfe,) = json.loads(said.out)["objects"]
    assert (mfe["kind"], mfe["name"], mfe["state"]) == ("Deployment", "mfe", "changed")
    assert {each["field"] for each in mfe["fields"]} == {
        "spec.replicas",
        "spec.template.spec.containers[name=mfe].image",
    }
    for each in mfe["fields"]:
        assert each["manager"] == "kubectl-edit"
        assert abs(datetime.fromisoformat(each["when"]) - datetime.now(UTC)) < timedelta(hours=1)
    said = dev.run("drift", "--fix", "--yes")
    assert said.code == 0, said.text
    assert "1 updated" in said.out and "No drift" in said.out, said.text
    assert rows(dev) == {}
    spec = dev.client.get(Deployment, "mfe").spec
    assert spec and spec.replicas == 1


def test_a_secret_that_is_deleted_while_up_runs_is_healed_by_the_same_up(dev: Instance) -> None:
    lost = secret(dev, LATE)
    dev.say(settings={"lms": {"COURSE_ABOUT_VISIBILITY_PERMISSION": "see_exists"}})
    running = dev.start("up", "--yes")
    assert running.stdout
    lines = []
    for line in running.stdout:
        lines.append(line)
        if "replaced" in line and "lms-settings" in line:
            dev.client.delete(Secret, lost)
    assert running.wait() == 0, "".join(lines)
    text = "".join(lines)
    assert f"These were deleted while `up` ran: Secret {lost}" in text
    assert secret(dev, LATE) != lost
    assert rows(dev) == {}
    dev.say(settings=None)
    dev.up()


def test_a_namespace_that_was_deleted_by_hand_comes_back_and_the_loss_of_data_is_told(
    first_up: FirstUp,
) -> None:
    dev = first_up.instance
    dev.client.delete(Namespace, dev.namespace)
    said = dev.run("status")
    assert said.code == 1
    assert "missing" in said.out or "being deleted" in said.out
    assert "openedx-infra up --stack dev" in said.out
    said = dev.run("preview", "--expect-no-changes")
    assert said.code == 1
    lost = next(line for line in said.out.splitlines() if line.startswith("DATA IS LOST with "))
    assert "PersistentVolumeClaim mysql" in lost
    said = dev.up()
    assert "DATA IS LOST" in said.out and "EMPTY" in said.out and "openedx-infra restore" in said.out
    assert dev.objects() == dev.believed()
    assert len(dev.jobs()) == 7, "databases, users and migrations are made anew"
    assert rows(dev) == {}
    dev.demand_unchanged()
