"""The life of an instance with all datastores on AWS: real engine, real cluster, simulated AWS.

The tests follow its life: a preview, a first `up` that AWS cuts short, another that completes it, changes,
drift, and the end. What the simulated AWS does not prove, tests/simulated_aws says.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from aws_instance import OnAws, before_anything
from checkouts import ORIGIN, Said
from instances import COMPONENT, FirstUp
from samples import AUTHORITY, decided, said_by
from simulated_aws.guards import SNAPSHOT

pytestmark = pytest.mark.engine

DATABASE = "aws:rds/instance:Instance"
SERVERS = {
    "mysql": DATABASE,
    "mongodb": "aws:docdb/clusterInstance:ClusterInstance",
    "broker": "aws:elasticache/replicationGroup:ReplicationGroup",
    "search": "aws:opensearch/domain:Domain",
}
"""What must be ready before a Job makes databases and users in it, by the datastore."""
BUCKETS = 5
CAPACITY = "api error InsufficientDBInstanceCapacity: no such instance in these zones"


@pytest.fixture(scope="module")
def on_aws(first_up: FirstUp) -> OnAws:
    """Its stack file, with secrets, before anything is made."""
    said = said_by(ORIGIN / "tests" / "cases" / "everything.ok.aws.yaml")
    said["datastores"]["search"]["nodes"] = 2
    # Another test of the worker brings up learn.example.org, and two can't share a host.
    said["site"]["lms_host"] = "learn.aws.example.org"
    return before_anything(first_up.instance, "aws", said)


@pytest.fixture(scope="module")
def plan(on_aws: OnAws) -> dict[str, str]:
    """What the first preview says."""
    return on_aws.plan()


@pytest.fixture(scope="module")
def cut_short(on_aws: OnAws, plan: dict[str, str]) -> Said:
    """The first `up`, for which AWS has no database."""
    on_aws.cloud.fail("create", DATABASE, CAPACITY, None)
    said = on_aws.run("up", "--yes")
    on_aws.cloud.mend()
    return said


@pytest.fixture(scope="module")
def before(on_aws: OnAws, cut_short: Said) -> set[str]:
    """What AWS had after that."""
    return on_aws.ids()


@pytest.fixture(scope="module")
def complete(on_aws: OnAws, before: set[str]) -> Said:
    """The `up` after it."""
    return on_aws.up()


@pytest.fixture
def aws(on_aws: OnAws, complete: Said) -> Iterator[OnAws]:
    """The instance, complete; the stack file is as it was before the test."""
    file = on_aws.file.read_text()
    on_aws.cloud.forget()
    yield on_aws
    on_aws.cloud.mend()
    on_aws.file.write_text(file)


def test_the_first_preview_touches_nothing(on_aws: OnAws, plan: dict[str, str]) -> None:
    assert set(plan.values()) == {"create"}
    assert on_aws.name in next(iter(plan))
    planned = {urn.split("::")[2].rpartition("$")[2] for urn in plan}
    assert set(SERVERS.values()) <= planned and "aws:s3/bucket:Bucket" in planned
    assert "kubernetes:batch/v1:Job" in planned


def test_a_database_that_aws_refuses_is_told_with_its_reason(
    on_aws: OnAws, cut_short: Said, before: set[str]
) -> None:
    assert cut_short.code == 1
    assert "InsufficientDBInstanceCapacity" in cut_short.text
    assert "openedx-infra up --stack aws" in cut_short.text, "how to go on"
    assert not [each for each in before if each.startswith(DATABASE)]
    assert len([each for each in before if each.startswith("aws:s3/bucket:Bucket")]) == BUCKETS


def test_the_next_up_goes_on_where_it_ended(on_aws: OnAws, before: set[str], complete: Said) -> None:
    assert before < on_aws.ids(), "nothing was made anew"
    made = [event.urn for event in on_aws.cloud.events("create") if not event.error]
    assert len(made) == len(set(made))
    assert on_aws.unready() == []


def test_what_was_planned_was_registered(on_aws: OnAws, plan: dict[str, str], complete: Said) -> None:
    known = {resource["urn"] for resource in on_aws.state()["resources"]}
    assert known - {urn for urn in known if "pulumi:providers:pulumi" in urn} == set(plan)


def test_databases_are_ready_before_jobs_and_jobs_come_in_their_order(on_aws: OnAws, complete: Said) -> None:
    ready = {
        event.urn.split("::")[2].rpartition("$")[2]: event.end
        for event in on_aws.cloud.events("create")
        if not event.error
    }
    jobs = {job.metadata.labels[COMPONENT]: job for job in on_aws.list("Job")}
    begun = {name: job.metadata.creationTimestamp.timestamp() for name, job in jobs.items()}
    ended = {name: job.status.completionTime.timestamp() for name, job in jobs.items()}
    # Kubernetes tells whole seconds.
    assert begun["mysql-provision"] >= math.floor(ready[DATABASE])
    for job in begun.keys() & {"mongodb-provision"}:
        assert begun[job] >= math.floor(ready[SERVERS["mongodb"]])
    assert begun["lms-migrate"] >= max(ended["mysql-provision"], *map(math.floor, ready.values()))
    assert begun["studio-migrate"] >= ended["lms-migrate"]
    first = min(
        item.metadata.creationTimestamp.timestamp()
        for item in on_aws.list("Deployment")
        if item.metadata.labels[COMPONENT] in ("lms", "studio")
    )
    assert first >= ended["studio-migrate"]


def test_nothing_is_left_to_do(aws: OnAws) -> None:
    aws.demand_unchanged()
    assert aws.plan("--refresh") == {}


def test_no_secret_is_in_plain(aws: OnAws) -> None:
    secrets = aws.secrets()
    values = {line for value in secrets.values() for line in value.splitlines() if len(line) > 20}
    assert len(values) > 20
    exported = json.dumps(aws.state()) + aws.file.read_text() + aws.pulumi("stack", "output", "--json").out
    plain = {value for value in values if value in exported and not value.startswith("-----")}
    assert not plain
    passwords = {
        each.inputs.get("password") or each.inputs.get("masterPassword") for each in aws.cloud.resources()
    }
    assert secrets["mysql_root_password"] in passwords, "AWS got it, all the same"


def test_drift_is_shown_and_mended(aws: OnAws) -> None:
    said = primary(aws).inputs["instanceClass"]
    aws.cloud.change(primary(aws), instanceClass="db.t4g.micro")
    aws.demand_unchanged()  # without asking AWS, nobody knows
    shown = aws.run("preview", "--refresh")
    assert shown.code == 0 and "mysql" in shown.out, shown.text
    assert set(aws.plan("--refresh").values()) == {"update"}
    assert aws.run("up", "--yes", "--refresh").code == 0
    assert primary(aws).inputs["instanceClass"] == said


def test_a_larger_database_is_a_change_in_place(aws: OnAws) -> None:
    before, pods = aws.ids(), aws.pods()
    aws.datastores(mysql={"instance_class": "db.r7g.2xlarge"})
    assert set(aws.plan().values()) == {"update"}
    aws.up()
    assert aws.ids() == before and aws.pods() == pods
    assert {each.inputs["instanceClass"] for each in aws.cloud.resources(DATABASE)} == {"db.r7g.2xlarge"}
    assert {event.verb for event in aws.cloud.events()} <= {"update", "read"}


def test_blue_green_is_said_to_aws(aws: OnAws) -> None:
    aws.datastores(mysql={"blue_green": True, "replicas": 0})
    plan = {urn: op for urn, op in aws.plan().items() if "$aws:" in urn}
    replica, database = primary(aws, copy=True).urn, primary(aws).urn
    assert plan == {replica: "delete", database: "update"}, "a copy would be left behind"


def test_what_would_replace_data_is_refused_before_anything_is_touched(aws: OnAws) -> None:
    before, pods = aws.ids(), aws.pods()
    aws.say(datastores={**said_of(aws, "datastores"), "mysql": {"source": "aurora", "ca": AUTHORITY}})
    said = aws.run("up", "--yes")
    assert said.code == 1 and "openedx:datastores.mysql.source" in said.text
    assert "Moving from one source to another" in said.text
    assert aws.ids() == before and aws.pods() == pods and aws.cloud.events() == []


@pytest.mark.long
def test_what_would_replace_data_after_all_is_protected(aws: OnAws) -> None:
    """Somebody put another database in its place, which isn't encrypted: only a replacement mends that."""
    database = primary(aws)
    aws.cloud.change(database, storageEncrypted=False)
    said = aws.run("up", "--yes", "--refresh")
    assert said.code == 1 and "protect" in said.text
    assert database.id in {each.id for each in aws.cloud.resources(DATABASE)}
    assert [event for event in aws.cloud.events() if event.verb == "delete"] == []
    aws.cloud.change(primary(aws), storageEncrypted=True)
    assert aws.run("up", "--yes", "--refresh").code == 0


def test_destroy_leaves_what_holds_data(aws: OnAws) -> None:
    databases = {each.id for each in aws.cloud.resources(DATABASE)}
    buckets = {each.id for each in aws.cloud.resources("aws:s3/bucket:Bucket")}
    said = aws.run("destroy", "--yes")
    assert said.code == 0, said.text
    assert primary(aws).id in databases
    assert {each.id for each in aws.cloud.resources("aws:s3/bucket:Bucket")} == buckets
    assert "protect: false" in said.out
    aws.up()
    assert {each.id for each in aws.cloud.resources("aws:s3/bucket:Bucket")} == buckets
    assert primary(aws).id in databases and aws.unready() == []


@pytest.mark.long
def test_without_protection_aws_keeps_what_it_protects_itself(aws: OnAws) -> None:
    aws.datastores(protect=False)
    aws.up()
    said = aws.run("destroy", "--yes")
    assert said.code == 1 and "deletion protection" in said.text, said.text
    assert primary(aws)
    aws.datastores(mysql={"deletion_protection": False}, mongodb={"deletion_protection": False})
    aws.up()
    said = aws.run("destroy", "--yes")
    assert said.code == 0 and "Nothing of the stack is left" in said.out, said.text
    kept = {each.type for each in aws.cloud.resources()}
    assert kept == {SNAPSHOT}, "the last snapshots of databases, which can be had back"
    assert not aws.exists()


def test_the_production_example_would_be_made(first_up: FirstUp) -> None:
    prod = before_anything(first_up.instance, "prod", decided(ORIGIN / "Pulumi.prod.yaml"))
    missing = prod.run("preview")
    assert missing.code == 1
    for name in ("mongodb_password", "backup_access_key", "backup_secret_key"):
        key = f"openedx:secrets.{name}"
        assert f"{key}: missing" in missing.text
        known = prod.pulumi(
            "config", "set", "--secret", "--path", key, "as-others-know-it", "--config-file", str(prod.file)
        )
        assert known.code == 0, known.text
    plan = prod.plan()
    assert set(plan.values()) == {"create"}
    planned = {urn.split("::")[2].rpartition("$")[2] for urn in plan}
    assert {
        DATABASE,
        SERVERS["broker"],
        "aws:s3/bucket:Bucket",
        "aws:sesv2/emailIdentity:EmailIdentity",
    } <= planned
    assert SERVERS["mongodb"] not in planned and prod.cloud.resources() == [] and not prod.exists()


def primary(aws: OnAws, *, copy: bool = False) -> Any:
    """The database that is written to, or its copy."""
    databases = aws.cloud.resources(DATABASE)
    [found] = [each for each in databases if ("replicateSourceDb" in each.inputs) == copy]
    return found


def said_of(aws: OnAws, section: str) -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load(aws.file.read_text())["config"][f"openedx:{section}"]
    return said
