"""Configuration files of k3d and kind: one node that sees folders of the developer, ports, a registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Program = Literal["k3d", "kind"]

HERE = "127.0.0.1"
"""Ports are open to this machine alone."""


@dataclass(frozen=True, kw_only=True)
class ClusterPlan:
    """A cluster to make."""

    name: str
    """What k3d or kind calls it; the context is this after `k3d-` or `kind-`."""
    folders: Mapping[str, str]
    """Folders of this machine, and where the node shows them."""
    http: int = 80
    https: int = 443
    registry: int | None = 5050
    """Port of a registry beside the cluster. None: there is none."""


def context(program: Program, name: str) -> str:
    """The context that a program writes into the kubeconfig."""
    return f"{program}-{name}"


def k3d(plan: ClusterPlan) -> dict[str, Any]:
    """The file for `k3d cluster create --config` (schema k3d.io/v1alpha5). Traefik, storage and network
    policies are k3s' own."""
    ports = {plan.http: 80, plan.https: 443}
    node = ["server:0"]
    content: dict[str, Any] = {
        "apiVersion": "k3d.io/v1alpha5",
        "kind": "Simple",
        "metadata": {"name": plan.name},
        "servers": 1,
        "agents": 0,
        "volumes": [
            {"volume": f"{here}:{there}", "nodeFilters": node} for here, there in plan.folders.items()
        ],
        "ports": [
            {"port": f"{HERE}:{here}:{there}", "nodeFilters": ["loadbalancer"]}
            for here, there in ports.items()
        ],
        "options": {
            "k3d": {"wait": True, "timeout": "300s"},
            # The context that kubectl uses is nobody's to change.
            "kubeconfig": {"updateDefaultKubeconfig": True, "switchCurrentContext": False},
        },
    }
    if plan.registry is not None:
        content["registries"] = {
            "create": {"name": f"{plan.name}-registry", "host": HERE, "hostPort": str(plan.registry)}
        }
    return content


def kind(plan: ClusterPlan) -> dict[str, Any]:
    """The file for `kind create cluster --config` (kind.x-k8s.io/v1alpha4). kind has no registry of its own:
    `kind load docker-image` brings images into the node."""
    ports = {plan.http: 80, plan.https: 443}
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "name": plan.name,
        "nodes": [
            {
                "role": "control-plane",
                "extraMounts": [
                    {"hostPath": here, "containerPath": there} for here, there in plan.folders.items()
                ],
                "extraPortMappings": [
                    {"hostPort": here, "containerPort": there, "listenAddress": HERE, "protocol": "TCP"}
                    for here, there in ports.items()
                ],
            }
        ],
    }
