"""Volumes of containers and services that a stack file no longer names: they stay, and leave the state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openedx_infra.config import Stack
from openedx_infra.config.base_stack import BaseStack
from openedx_infra.config.datastores.storage import StorageVolumes
from openedx_infra.config.extras.containers import component
from openedx_infra.config.services.buckets import kind
from openedx_infra.operations.urn import Urn
from openedx_infra.services.of_stack import Companion, companions, resting

OWNERS = ("Extras", "Companion")
"""Components of all containers of the operator's own, and of each companion service."""


def volumes(stack: BaseStack, state: Mapping[str, Any]) -> list[str]:
    """URNs of the claims in the state of containers that the stack file no longer names, or that no longer
    have a volume, and of companion services that are gone. They are retained on delete, and protected:
    Pulumi refuses to forget them."""
    kept = _kept(stack) if isinstance(stack, Stack) else {owner: set() for owner in OWNERS}
    resources = (state.get("deployment") or {}).get("resources") or ()
    claims = (Urn(each["urn"]) for each in resources if each.get("protect") and each.get("retainOnDelete"))
    return [
        urn.text
        for urn in claims
        if urn.kind == "PersistentVolumeClaim" and urn.owner in OWNERS and urn.name not in kept[urn.owner]
    ]


def _kept(stack: Stack) -> dict[str, set[str]]:
    """Names of the claims that a stack registers, by the component that they belong to."""
    containers = stack.extras.containers
    return {
        "Extras": {component(name) for name, container in containers.items() if container.volume},
        "Companion": {
            name for each in (*companions(stack), *resting(stack)) for name in _claims(stack, each)
        },
    }


def _claims(stack: Stack, companion: Companion) -> Iterator[str]:
    """Names of the claims of a service, on or off."""
    yield from (companion.component(each) for each in companion.parts.processes if each.volume)
    if isinstance(stack.datastores.storage, StorageVolumes):
        yield from (kind(companion.name, each) for each in companion.service.buckets)
