"""All companion services come to a live instance, one by one and together, and go again: nothing of others is
touched, and data stays."""

from __future__ import annotations

import pytest
from instances import COMPONENT, Instance
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Pod
from services_on import SERVICES, smallest

from openedx_infra.config import load
from openedx_infra.services.of_stack import companions

pytestmark = pytest.mark.engine

PLATFORM = {"lms", "studio", "lms-worker-default", "lms-worker-high-mem", "studio-worker-default", "lms-beat"}
"""Whose settings change with a service."""
FRONTENDS = {"mfe", "static"}
"""What may serve more files with a service that brings a micro-frontend."""
LAST = "notes"
"""The service that comes when all others are there."""


def _components(names: tuple[str, ...]) -> set[str]:
    """Components of the pods that serve for these services."""
    stack = load("dev", {"site": {"lms_host": "local.openedx.io"}, "services": smallest(names)})
    return {each.component(process) for each in companions(stack) for process in each.parts.processes}


def test_services_come_and_go_beside_the_platform(dev: Instance) -> None:
    others = tuple(name for name in SERVICES if name != LAST)
    if dev.pods().keys() & _components(tuple(SERVICES)):  # an attempt that failed has left them
        dev.say(services=None)
        dev.up()
    before, claims = dev.pods(), dev.uids("PersistentVolumeClaim")
    # All but one, from nothing: the API server takes their pods under `restricted`.
    dev.say(services=smallest(others))
    dev.up()
    with_others = dev.pods()
    assert with_others.keys() == before.keys() | _components(others)
    assert PLATFORM <= _moved(before, with_others) <= PLATFORM | FRONTENDS
    assert dev.unready() == []
    # A program among the files of one.
    [sudo] = [
        item
        for volume in dev.client.get(Deployment, "codejail").spec.template.spec.volumes
        for source in (volume.projected.sources if volume.projected else [])
        for item in source.configMap.items
        if item.path == "sudo"
    ]
    assert sudo.mode == 0o555
    # One more leaves all pods and Jobs of the others alone.
    jobs, stored = _jobs_of(dev, others), dev.uids("PersistentVolumeClaim")
    dev.say(services=smallest())
    dev.up()
    with_all = dev.pods()
    assert with_all.keys() == with_others.keys() | _components((LAST,))
    assert _moved(with_others, with_all) == PLATFORM, "and no pod of another service"
    assert _jobs_of(dev, others) == jobs
    assert dev.unready() == []
    assert _profiles(dev) == {"RuntimeDefault"}
    dev.demand_unchanged()
    # They go, and what they stored stays.
    dev.say(services={name: {**section, "enabled": False} for name, section in smallest().items()})
    dev.up()
    without = dev.pods()
    assert without.keys() == before.keys()
    assert _moved(before, without) <= PLATFORM | FRONTENDS
    assert stored.items() <= dev.uids("PersistentVolumeClaim").items()
    dev.say(services=None)
    if stored == claims:
        dev.demand_unchanged()
    else:
        dev.up()  # their volumes go, as the data of this instance isn't protected


def _moved(before: dict[str, frozenset[str]], after: dict[str, frozenset[str]]) -> set[str]:
    """Components whose pods are others than before."""
    return {name for name in before if before[name] != after.get(name)}


def _jobs_of(dev: Instance, names: tuple[str, ...]) -> dict[str, str]:
    """The Jobs of services, and those that make their databases, by component."""
    return {name: uid for name, uid in dev.jobs().items() if name.startswith(tuple(f"{n}-" for n in names))}


def _profiles(dev: Instance) -> set[str]:
    """Seccomp profiles of all pods of services, as they were admitted."""
    own = _components(SERVICES)
    return {
        pod.spec.securityContext.seccompProfile.type
        for pod in dev.client.list(Pod)
        if pod.metadata.labels.get(COMPONENT) in own
    }
