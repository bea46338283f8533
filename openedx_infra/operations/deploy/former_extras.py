"""Volumes of containers that a stack file no longer has: they stay, and leave the state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openedx_infra.config import Stack
from openedx_infra.config.base_stack import BaseStack
from openedx_infra.config.extras.containers import component
from openedx_infra.operations.urn import Urn

OWNER = "Extras"
"""Component of all containers of the operator's own."""


def volumes(stack: BaseStack, state: Mapping[str, Any]) -> list[str]:
    """URNs of the claims in the state of containers that the stack file no longer names, or that no longer
    have a volume. They are retained on delete, and protected: Pulumi refuses to forget them."""
    containers = stack.extras.containers if isinstance(stack, Stack) else {}
    kept = {component(name) for name, container in containers.items() if container.volume}
    resources = (state.get("deployment") or {}).get("resources") or ()
    claims = (Urn(each["urn"]) for each in resources if each.get("protect") and each.get("retainOnDelete"))
    return [
        urn.text
        for urn in claims
        if urn.kind == "PersistentVolumeClaim" and urn.owner == OWNER and urn.name not in kept
    ]
