"""restart leaves nothing for Pulumi to change; stop and start are what the stack file sets."""

from __future__ import annotations

import pytest
import yaml
from instances import Instance
from lightkube.resources.apps_v1 import Deployment

from openedx_infra.operations.pods.restart import RESTARTED_AT

pytestmark = pytest.mark.engine

PLATFORM = {"lms", "studio", "lms-worker-default", "lms-worker-high-mem", "studio-worker-default", "lms-beat"}


def test_a_restart_makes_new_pods_and_no_change_for_pulumi(dev: Instance) -> None:
    before = dev.pods()
    said = dev.run("restart")
    assert said.code == 0, said.text
    after = dev.pods()
    assert {name for name in before if not before[name] & after[name]} == PLATFORM
    assert {name for name in before if before[name] == after[name]} == before.keys() - PLATFORM
    status = dev.run("status")
    assert status.code == 0 and "by hand" not in status.text, status.text
    said = dev.run("preview", "--refresh", "--expect-no-changes")
    assert said.code == 0, said.text
    # A change of something else leaves the annotation: taking it away would replace all pods once more.
    dev.say(sizing={"mfe": {"replicas": 2}})
    dev.up()
    assert {name for name in PLATFORM if after[name] != dev.pods()[name]} == set()
    template = dev.client.get(Deployment, "lms").spec.template
    assert RESTARTED_AT in template.metadata.annotations
    dev.say(sizing=None)
    dev.up()


def test_one_component_is_restarted_and_a_server_of_data_only_when_confirmed(dev: Instance) -> None:
    before = dev.pods()
    refused = dev.run("restart", "mysql")
    assert refused.code == 1
    assert "Restart mysql? Each is away until its one pod is back" in refused.text and "--yes" in refused.text
    assert dev.pods() == before
    said = dev.run("restart", "mysql", "--yes")
    assert said.code == 0, said.text
    after = dev.pods()
    assert [name for name in before if before[name] != after[name]] == ["mysql"]
    dev.demand_unchanged()
    unknown = dev.run("restart", "mysq")
    assert unknown.code == 1 and "did you mean mysql?" in unknown.text


def test_simulated_nodes_have_no_logs(dev: Instance) -> None:
    said = dev.run("logs", "lms")
    assert said.code == 1 and "nodes are simulated" in said.text


def test_a_stopped_site_rests_until_it_is_started(dev: Instance) -> None:
    text, before = dev.file.read_text(), dev.pods()
    claims = dev.uids("PersistentVolumeClaim")
    refused = dev.run("start")
    assert refused.code == 1 and "is not stopped" in refused.text
    said = dev.run("stop")
    assert said.code == 0, said.text
    assert "rests" in said.text
    assert dev.pods().keys() == before.keys() - PLATFORM | {"maintenance"}
    assert all(job.spec.suspend for job in dev.list("CronJob") if job.metadata.name.startswith("duty-"))
    assert dev.uids("PersistentVolumeClaim") == claims
    config = yaml.safe_load(dev.file.read_text())["config"]
    assert config["openedx:maintenance"] == {"page": True, "pause": True}
    assert ": no changes (" in dev.up().out
    assert dev.pods().keys() == before.keys() - PLATFORM | {"maintenance"}, "an `up` leaves it at rest"
    assert "Paused" in dev.run("status").text
    nothing = dev.run("restart")
    assert nothing.code == 1 and "openedx-infra start" in nothing.text
    said = dev.run("start")
    assert said.code == 0, said.text
    assert dev.pods().keys() == before.keys()
    assert dev.unready() == []
    config = yaml.safe_load(dev.file.read_text())["config"]
    assert config["openedx:maintenance"] == {"page": False, "pause": False}
    dev.demand_unchanged()
    dev.file.write_text(text)


def test_a_stop_that_fails_leaves_the_stack_file_as_it_was(dev: Instance) -> None:
    text = dev.file.read_text()
    said = dev.run("stop", PULUMI_BACKEND_URL="file:///nonexistent/state")
    assert said.code == 1, said.text
    assert dev.file.read_text() == text
