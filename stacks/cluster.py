"""The provider of a stack's cluster: the context that the stack names, never the current one."""

from __future__ import annotations

from pathlib import Path

from pulumi_kubernetes import KubeClientSettingsArgs, Provider

from openedx_infra.config import BaseStack
from stacks.gate import Gate, after_gate

CLIENT_QPS, CLIENT_BURST = 50, 100
"""Requests a second to the API server: with the client's default of 5, some hundred objects take minutes."""


def cluster(stack: BaseStack, gate: Gate) -> Provider:
    """The provider of a stack's cluster, which is usable once the gate is open."""
    address = stack.cluster
    return Provider(
        "cluster",
        context=after_gate(str(address.context), gate),
        kubeconfig=str(Path(address.kubeconfig).expanduser()) if address.kubeconfig else None,
        cluster_identifier=str(address.context),
        enable_server_side_apply=True,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        kube_client_settings=KubeClientSettingsArgs(qps=CLIENT_QPS, burst=CLIENT_BURST),
    )
