"""How does a stack reach its cluster? By the context that it names, never by what happens to be current."""

from __future__ import annotations

from pathlib import Path

from pulumi_kubernetes import KubeClientSettingsArgs, Provider

from openedx_infra.config import BaseStack
from stacks.gate import Gate, opened

CLIENT_QPS, CLIENT_BURST = 50, 100
"""Requests a second to the API server: the client's own 5 makes an instance of some hundred objects wait
minutes."""


def cluster(stack: BaseStack, gate: Gate) -> Provider:
    """The one way to the cluster of a stack, which opens with the gate."""
    said = stack.cluster
    return Provider(
        "cluster",
        context=opened(str(said.context), gate),
        kubeconfig=str(Path(said.kubeconfig).expanduser()) if said.kubeconfig else None,
        cluster_identifier=str(said.context),
        enable_server_side_apply=True,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        kube_client_settings=KubeClientSettingsArgs(qps=CLIENT_QPS, burst=CLIENT_BURST),
    )
