"""Companion services come to a live instance, and go again: nothing of others is touched, and data stays."""

from __future__ import annotations

import pytest
from instances import Instance
from lightkube.resources.apps_v1 import Deployment

pytestmark = pytest.mark.engine

PLATFORM = {"lms", "studio", "lms-worker-default", "lms-worker-high-mem", "studio-worker-default", "lms-beat"}
"""Whose settings change with a service."""
SERVICES = {"codejail", "notes"}


def test_services_come_and_go_beside_the_platform(dev: Instance) -> None:
    before, claims = dev.pods(), dev.uids("PersistentVolumeClaim")
    dev.say(services={"codejail": {}, "notes": {}})
    dev.up()
    with_services = dev.pods()
    assert with_services.keys() == before.keys() | SERVICES
    assert {name for name in before if before[name] != with_services[name]} == PLATFORM
    assert dev.unready() == []
    # The API server took it under `restricted`, with a program among its files.
    [sudo] = [
        item
        for volume in dev.client.get(Deployment, "codejail").spec.template.spec.volumes
        for source in (volume.projected.sources if volume.projected else [])
        for item in source.configMap.items
        if item.path == "sudo"
    ]
    assert sudo.mode == 0o555
    dev.demand_unchanged()
    dev.say(services={"codejail": {"enabled": False}, "notes": {"enabled": False}})
    dev.up()
    without = dev.pods()
    assert without.keys() == before.keys()
    assert {name for name in before if before[name] != without[name]} <= PLATFORM
    assert dev.uids("PersistentVolumeClaim") == claims
    dev.say(services=None)
    dev.demand_unchanged()
