"""How do requests come in? The kind of entrance, and what it refuses."""

from __future__ import annotations

from typing import Literal

from openedx_infra.config.base import Section


class Ingress(Section):
    """The way of requests from the cluster's edge to the pods."""

    kind: Literal["ingress", "gateway"] = "ingress"
    """By which objects the cluster is told: Ingress, or those of the Gateway API."""
