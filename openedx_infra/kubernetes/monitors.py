"""ServiceMonitors, alert rules and dashboards.

Custom resources of the Prometheus Operator, and ConfigMaps that the sidecar of Grafana's chart finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from openedx_infra.kubernetes.models import ConfigMap, CustomResource, ObjectMetaArgs
from openedx_infra.kubernetes.names import COMPONENT, INSTANCE, Scope

API = "monitoring.coreos.com/v1"
INTERVAL = "30s"
"""How often metrics are fetched, as kube-prometheus-stack does for its own."""
DASHBOARD = {"grafana_dashboard": "1"}
"""Label by which the sidecar of Grafana's chart finds dashboards."""


def service_monitor(
    name: str,
    scope: Scope,
    port: str,
    labels: Mapping[str, str],
    opts: pulumi.ResourceOptions,
    *,
    path: str | None = None,
) -> CustomResource:
    """Prometheus fetches the metrics of the Service that is called the same, on its port of this name, at
    /metrics or another path."""
    place = {"path": path} if path is not None else {}
    spec = {
        "selector": {"matchLabels": {INSTANCE: scope.instance, COMPONENT: name}},
        "endpoints": [{"port": port, "interval": INTERVAL, **place}],
    }
    return CustomResource(
        name,
        api_version=API,
        kind="ServiceMonitor",
        metadata=_metadata(name, scope, labels),
        spec=spec,
        opts=opts,
    )


def rules(
    name: str, scope: Scope, spec: Mapping[str, Any], labels: Mapping[str, str], opts: pulumi.ResourceOptions
) -> CustomResource:
    """Alert rules. `spec` is a file of rules, as Prometheus reads it."""
    return CustomResource(
        name,
        api_version=API,
        kind="PrometheusRule",
        metadata=_metadata(name, scope, labels),
        spec=dict(spec),
        opts=opts,
    )


def dashboard(name: str, scope: Scope, document: str, opts: pulumi.ResourceOptions) -> ConfigMap:
    """A dashboard, as Grafana exports it. Its identity is in the document, and stays when this object is
    replaced."""
    return ConfigMap(
        f"dashboard-{name}",
        metadata=_with(scope.metadata(f"dashboard-{name}"), scope.labels("dashboards") | DASHBOARD),
        data={f"{name}.json": document},
        immutable=True,
        opts=opts,
    )


def _metadata(name: str, scope: Scope, labels: Mapping[str, str]) -> ObjectMetaArgs:
    return _with(scope.metadata(name, name=name), {**scope.labels(name), **labels})


def _with(metadata: ObjectMetaArgs, labels: Mapping[str, str]) -> ObjectMetaArgs:
    return ObjectMetaArgs(name=metadata.name, namespace=metadata.namespace, labels=dict(labels))
