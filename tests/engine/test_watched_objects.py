"""The API server takes monitors and scheduled commands; `status` and `support` report them."""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from instances import FirstUp, Instance
from lightkube import ApiError
from lightkube.models.core_v1 import ObjectReference
from lightkube.models.meta_v1 import ObjectMeta, OwnerReference
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import Event, Secret

pytestmark = pytest.mark.engine

WATCHED: dict[str, dict[str, Any]] = {
    "monitoring": {"prometheus": True, "grafana": True, "logs": "json"},
    "duties": {"extra": {"mine": {"command": ["./mine.sh"], "schedule": "H/15 * * * *"}}},
}
PLANTED = "Planted0Secret1Of2Strangers3"


@pytest.fixture(scope="module")
def watched(first_up: FirstUp) -> Iterator[Instance]:
    """The instance `dev` with all of it, which is brought back in the end."""
    instance = first_up.instance
    before = instance.file.read_text()
    instance.say(**WATCHED)
    instance.up()
    yield instance
    instance.file.write_text(before)
    instance.up()


def run_now(instance: Instance, name: str, *, failing: bool = False) -> Job:
    """A Job of a CronJob, as `kubectl create job --from` makes it."""
    source = instance.client.get(CronJob, name)
    assert source.spec and source.metadata and source.metadata.uid
    owner = OwnerReference(apiVersion="batch/v1", kind="CronJob", name=name, uid=source.metadata.uid)
    spec = source.spec.jobTemplate.spec
    assert spec and spec.template.metadata
    if failing:
        spec.template.metadata.annotations = {"openedx-infra.test/outcome": "fail"}
        spec.backoffLimit = 0
    meta = ObjectMeta(name=f"{name}-now", namespace=instance.namespace, ownerReferences=[owner])
    instance.client.create(Job(metadata=meta, spec=spec))
    return instance.client.wait(Job, f"{name}-now", for_conditions=["Failed" if failing else "Complete"])


def test_the_cluster_takes_all_of_it_and_nothing_is_left_to_do(watched: Instance) -> None:
    exporters = {"mysqld-exporter", "broker-exporter", "cache-exporter"}
    assert set(watched.uids("ServiceMonitor")) == exporters
    assert set(watched.uids("PrometheusRule")) == {"openedx"}
    assert exporters <= set(watched.uids("Deployment"))
    assert {"duty-tokens", "duty-saml", "duty-mine"} <= set(watched.uids("CronJob"))
    watched.demand_unchanged()
    assert watched.objects() == watched.believed()
    assert watched.unready() == []


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("PrometheusRule", lambda spec: spec["groups"][0]["rules"][0].update({"for": "long"})),
        ("ServiceMonitor", lambda spec: spec["endpoints"][0].update({"interval": 30})),
    ],
)
def test_the_schemas_of_the_prometheus_operator_are_in_force(
    watched: Instance, kind: str, change: Any
) -> None:
    item = watched.list(kind)[0]
    change(item["spec"])
    with pytest.raises(ApiError):
        watched.client.replace(item, dry_run=True)


def test_a_duty_runs_and_status_tells_how_it_ended(watched: Instance) -> None:
    run_now(watched, "duty-tokens")
    well = watched.run("status")
    assert well.code == 0, well.text
    assert "duty-tokens" in well.out and "CronJob" in well.out
    run_now(watched, "duty-saml", failing=True)
    said = watched.run("status")
    assert said.code == 1
    assert "its last run, duty-saml-now, failed: BackoffLimitExceeded" in said.out
    watched.client.delete(Job, "duty-saml-now")


def test_support_collects_all_and_no_secret(watched: Instance, tmp_path: Path) -> None:
    """Neither one of the stack's, nor one of a stranger's in the namespace, wherever it stands."""
    client = watched.client
    client.create(Secret(metadata=ObjectMeta(name="stranger"), stringData={"token": PLANTED}))
    packed = base64.b64encode(f"user:{PLANTED}".encode()).decode()
    client.create(
        Event(
            metadata=ObjectMeta(name="telling", namespace=watched.namespace),
            involvedObject=ObjectReference(kind="Pod", name="lms", namespace=watched.namespace),
            type="Warning",
            reason="Told",
            message=f"login with {PLANTED} failed; Authorization: Basic {packed}",
        )
    )
    archive = tmp_path / "campus.zip"
    said = watched.run("support", "--output", str(archive))
    client.delete(Secret, "stranger")
    assert said.code == 0, said.text
    assert archive.stat().st_mode & 0o077 == 0
    texts = {name: text.decode() for name, text in read(archive).items()}
    whole = "\n".join([*texts, *texts.values()])
    assert "Told: login with [secret] failed" in texts["events.txt"]
    for secret in [PLANTED, packed, *stack_secrets(watched)]:
        assert secret not in whole
    assert {
        "README.txt",
        "stack.yaml",
        "status.json",
        "preview.txt",
        "events.txt",
        "nodes.json",
        "versions.json",
    } <= set(texts)
    assert "objects/deployment-lms.yaml" in texts and "rendered/deployment-lms.yaml" in texts
    assert "no changes" in texts["preview.txt"].lower() or "unchanged" in texts["preview.txt"].lower()
    again = watched.run("support", "--no-preview", "--output", str(archive))
    assert again.code == 1 and "is there already" in again.err


def read(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def stack_secrets(instance: Instance) -> list[str]:
    """Values of the stack's own secrets, line by line, from Pulumi."""
    said = instance.pulumi("config", "get", "openedx:secrets", "--config-file", str(config_of(instance)))
    assert said.code == 0, said.text
    values = yaml.safe_load(said.out)
    lines = [line.strip() for value in values.values() for line in value.splitlines()]
    found = [line for line in lines if len(line) > 12 and not line.startswith("-----")]
    assert len(found) > 20
    return found


def config_of(instance: Instance) -> Path:
    """The effective stack file of a local stack, which has its secrets."""
    [found] = instance.checkout.state.rglob(f"Pulumi.{instance.name}.yaml")
    return Path(found)
