"""Pods of Prometheus, as network policies know them."""

from __future__ import annotations

from openedx_infra.config import Stack
from openedx_infra.kubernetes.network_policies import Group

ANY_PROMETHEUS = "openedx:monitoring.prometheus_namespace is not set, so Prometheus may be in any namespace"


def prometheus(stack: Stack) -> Group:
    """Pods that fetch metrics."""
    config = stack.monitoring
    return Group(
        name="prometheus",
        labels=config.prometheus_labels,
        any_namespace="" if config.prometheus_namespace else ANY_PROMETHEUS,
        namespaces=[config.prometheus_namespace] if config.prometheus_namespace else [],
    )
