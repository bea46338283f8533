"""Somebody deletes an object by hand: `up --refresh` makes it again, and the rest is not disturbed."""

from __future__ import annotations

import random

import pytest
from endpoints import SERVING
from faults import REPLICAS, fault
from instances import KINDS, Instance

pytestmark = [pytest.mark.engine, pytest.mark.faults]

SEED = 6
"""Which Secret and which ConfigMap it is."""


def delete(instance: Instance, kind: str, name: str) -> None:
    instance.client.delete(KINDS[kind], name)


def repaired(instance: Instance) -> None:
    said = instance.run("up", "--yes", "--refresh")
    assert said.code == 0, said.text
    assert instance.objects() == instance.believed()


def owned(instance: Instance, kind: str) -> list[str]:
    """The objects of a kind that the instance made."""
    believed = instance.believed()
    return sorted(name for name in instance.uids(kind) if f"{kind}/{name}" in believed)


@pytest.mark.long
@pytest.mark.parametrize("name", ["mfe", "lms"])
def test_a_deployment_is_deleted(sturdy: Instance, name: str) -> None:
    """Its own pods go with it, at once; no others. The number of the LMS's pods has two owners."""
    with fault(sturdy, f"Deployment {name} is deleted, up --refresh", floor=0) as happened:
        delete(sturdy, "Deployment", name)
        repaired(sturdy)
    assert {happened.seen.least[other] for other in SERVING if other != name} == {REPLICAS}
    sturdy.demand_unchanged()


@pytest.mark.parametrize("kind", ["Secret", pytest.param("ConfigMap", marks=pytest.mark.long)])
def test_any_secret_or_config_map_is_deleted(sturdy: Instance, kind: str) -> None:
    """Pods that run have read it; those that start before the repair would wait for it."""
    name = random.Random(SEED).choice(owned(sturdy, kind))
    with fault(sturdy, f"{kind} {name.rpartition('-')[0]} is deleted, up --refresh"):
        delete(sturdy, kind, name)
        repaired(sturdy)


@pytest.mark.long
def test_all_secrets_and_config_maps_are_deleted(sturdy: Instance) -> None:
    with fault(sturdy, "all Secrets and ConfigMaps are deleted, up --refresh"):
        for kind in ("Secret", "ConfigMap"):
            for name in owned(sturdy, kind):
                delete(sturdy, kind, name)
        repaired(sturdy)
    sturdy.demand_unchanged()
