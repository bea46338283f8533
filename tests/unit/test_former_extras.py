"""Volumes of containers that a stack file no longer has stay in the cluster, and Pulumi forgets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from samples import LEAST

from openedx_infra.config import load
from openedx_infra.operations.deploy import former_extras
from openedx_infra.operations.offline.recording import Graph

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


def test_of_what_is_not_protected_pulumi_decides(recorded: Callable[..., Graph]) -> None:
    state = state_of(recorded({**said(archive={"volume": VOLUME}), "datastores": {"protect": False}}))
    assert former_extras.volumes(load("dev", LEAST), state) == []
