"""Containers and manifests of the operator's own on a real API server: they come, stay the same, and go."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from instances import FirstUp, Instance
from lightkube.resources.core_v1 import PersistentVolumeClaim, ResourceQuota

pytestmark = pytest.mark.engine

IMAGE = "registry.invalid/campus/grader:1"
ARCHIVE = {"image": IMAGE, "port": 9000, "volume": {"path": "/data", "size": "1Gi"}}
WEB: dict[str, Any] = {
    "image": IMAGE,
    "port": 8080,
    "files": {"/etc/grader/grader.toml": "queue = 'campus'\n"},
    "connects_to": {"datastores": ["mysql"], "containers": ["archive"], "internet": [443]},
}
REPORT = {"image": IMAGE, "schedule": "0 5 * * 1"}
QUOTA = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "campus"},
    "spec": {"hard": {"count/jobs.batch": "500"}},
}
ALL: dict[str, Any] = {
    "containers": {"archive": ARCHIVE, "web": WEB, "report": REPORT},
    "manifests": {"quota": {"objects": [QUOTA], "before_platform": True}},
}
CLAIM = "extra-archive"
GONE_SECONDS = 120.0
"""How long a claim may take to go that no pod uses any more. It takes about one second."""


@pytest.fixture(scope="module")
def extended(first_up: FirstUp) -> Iterator[Instance]:
    """The instance `dev`, its data protected, with extras; it is brought back in the end."""
    instance = first_up.instance
    before = instance.file.read_text()
    datastores = yaml.safe_load(before)["config"].get("openedx:datastores") or {}
    instance.say(extras=ALL, datastores={**datastores, "protect": True})
    instance.up()
    yield instance
    instance.file.write_text(before)
    instance.up()
    instance.client.delete(PersistentVolumeClaim, CLAIM)
    end = time.monotonic() + GONE_SECONDS
    while CLAIM in instance.uids("PersistentVolumeClaim"):
        assert time.monotonic() < end, "the claim stays, and later tests would find it"
        time.sleep(0.2)


def test_extras_come_and_nothing_is_left_to_do(extended: Instance) -> None:
    assert {"extra-archive", "extra-web"} <= set(extended.uids("Deployment"))
    assert "extra-report" in extended.uids("CronJob")
    quota = extended.client.get(ResourceQuota, "campus")
    assert quota.metadata and quota.metadata.labels
    assert quota.metadata.labels["app.kubernetes.io/component"] == "manifest-quota"
    assert extended.unready() == []
    extended.demand_unchanged()


def test_a_container_that_is_taken_out_leaves_its_volume_and_finds_it_again(extended: Instance) -> None:
    claim = extended.uids("PersistentVolumeClaim")[CLAIM]
    web = {**WEB, "connects_to": {}}
    extended.say(extras={**ALL, "containers": {"web": web, "report": REPORT}})
    said = extended.up()
    assert f"PersistentVolumeClaim {CLAIM}" in said.text and "no longer part of the stack" in said.text
    assert "extra-archive" not in extended.uids("Deployment")
    assert extended.uids("PersistentVolumeClaim")[CLAIM] == claim
    assert f"PersistentVolumeClaim/{CLAIM}" not in extended.believed()
    extended.say(extras=ALL)
    extended.up()
    assert extended.uids("PersistentVolumeClaim")[CLAIM] == claim, "the same volume, not one like it"
    assert f"PersistentVolumeClaim/{CLAIM}" in extended.believed()
