"""The configuration of the Traefik that k3s brings, where the stack file allows it to be written."""

from __future__ import annotations

import json
from typing import Any

import pulumi

from openedx_infra.components.instance import Instance
from openedx_infra.kubernetes.models import CustomResource, ObjectMetaArgs

NAME, NAMESPACE = "traefik", "kube-system"
"""Name and namespace of the HelmChartConfig that k3s merges into its chart's values."""


def traefik_config(instance: Instance, opts: pulumi.ResourceOptions) -> None:
    """Registers the HelmChartConfig, if the stack file asks for it."""
    config = instance.stack.cluster.k3s_traefik
    if config is None:
        return
    point: dict[str, Any] = {
        "transport": {"respondingTimeouts": {"readTimeout": f"{config.request_seconds}s"}},
    }
    if config.trusted_proxies:
        point["forwardedHeaders"] = {"trustedIPs": list(config.trusted_proxies)}
    values: dict[str, Any] = {"ports": {"web": point, "websecure": point}}
    if config.keep_addresses:
        values["service"] = {"spec": {"externalTrafficPolicy": "Local"}}
    CustomResource(
        "k3s-traefik",
        api_version="helm.cattle.io/v1",
        kind="HelmChartConfig",
        metadata=ObjectMetaArgs(name=NAME, namespace=NAMESPACE, labels=instance.scope.labels("k3s-traefik")),
        spec={"valuesContent": json.dumps(values, indent=1)},  # JSON is YAML
        opts=opts,
    )
