"""Volumes of containers and services that a stack file no longer runs stay, and Pulumi forgets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from samples import LEAST

from openedx_infra.config import load
from openedx_infra.config.services import registry
from openedx_infra.operations.deploy import former_extras
from openedx_infra.operations.offline.recording import Graph, record
from openedx_infra.operations.secrets.secrets import stand_ins

VOLUME = {"path": "/data", "size": "1Gi"}
IMAGE = "registry.example.org/campus/archive:1"


def said(**containers: dict[str, Any]) -> dict[str, Any]:
    return {
        **LEAST,
        "extras": {"containers": {name: {"image": IMAGE, **each} for name, each in containers.items()}},
    }


def state_of(graph: Graph) -> dict[str, Any]:
    """A state with all that a graph registers."""
    resources = [
        {"urn": each.urn, "protect": each.protect, "retainOnDelete": each.retain_on_delete}
        for each in graph.resources
    ]
    return {"deployment": {"resources": resources}}


def test_volumes_of_former_containers_are_found_and_no_others(recorded: Callable[..., Graph]) -> None:
    state = state_of(recorded(said(archive={"volume": VOLUME}, notes={"volume": VOLUME}, web={})))

    def left(**containers: dict[str, Any]) -> list[str]:
        found = former_extras.volumes(load("dev", said(**containers)), state)
        return sorted(urn.rpartition("::")[2] for urn in found)

    assert left(archive={"volume": VOLUME}, notes={"volume": VOLUME, "enabled": False}) == []
    assert left(notes={"volume": VOLUME}) == ["extra-archive"]
    assert left(archive={}, notes={"volume": VOLUME}) == ["extra-archive"]
    assert left() == ["extra-archive", "extra-notes"], "and no volume of a datastore"


def test_the_volume_of_a_service_leaves_the_state_when_it_is_gone_and_not_while_it_is_off(
    monkeypatch: pytest.MonkeyPatch, recorded: Callable[..., Graph]
) -> None:
    monkeypatch.setattr(registry, "BUILT_IN", {"greeter": "sample_services:GREETER"})
    on = load("dev", {**LEAST, "services": {"greeter": {}}})
    state = state_of(record(on, stand_ins(on)))
    off = load("dev", {**LEAST, "services": {"greeter": {"enabled": False}}})
    [urn] = former_extras.volumes(load("dev", LEAST), state)
    assert urn.endswith("PersistentVolumeClaim::greeter-archive")
    assert former_extras.volumes(off, state) == []
    assert former_extras.volumes(on, state) == []


def test_of_what_is_not_protected_pulumi_decides(recorded: Callable[..., Graph]) -> None:
    state = state_of(recorded({**said(archive={"volume": VOLUME}), "datastores": {"protect": False}}))
    assert former_extras.volumes(load("dev", LEAST), state) == []
