"""Operators in the cluster, installed once for all instances by their own Helm charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_kubernetes.helm.v4 import Chart, RepositoryOptsArgs

from openedx_infra.config.foundation.addons import Addons, CertManager, Operator
from openedx_infra.kubernetes.models import Namespace, ObjectMetaArgs
from openedx_infra.kubernetes.names import RESTRICTED
from openedx_infra.kubernetes.pod import container_security

_WHY = (
    "Percona's chart for MySQL leaves no way to say what `restricted` asks for, though its operator needs "
    "nothing that this forbids."
)
"""Why only `baseline` is enforced in some namespaces: policies want to know."""
_SIZE = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}
"""An operator of some ten instances: a guess; publishers name none, or 500 MB."""
_POD = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
_DEFINITION = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"


@dataclass(frozen=True, kw_only=True)
class _Release:
    """An operator as its publisher packs it."""

    chart: str
    """Name of its chart in the repository, and of its release in the cluster."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Values of the chart: all namespaces are watched, and nothing is told to the publisher."""
    restricted: bool = False
    """Whether all of its pods are known to do with what `restricted` allows."""


def _releases(addons: Addons) -> dict[str, _Release]:
    """The operators by their keys in `addons`."""
    processes = container_security()
    return {
        "mysql_operator": _Release(
            chart="ps-operator",
            values={"watchAllNamespaces": True, "disableTelemetry": True, "resources": _SIZE},
        ),
        "mongodb_operator": _Release(
            chart="psmdb-operator",
            values={
                "watchAllNamespaces": True,
                "disableTelemetry": True,
                "resources": _SIZE,
                "podSecurityContext": _POD,
                "securityContext": processes,
            },
        ),
        "valkey_operator": _Release(
            chart="redis-operator",
            values={
                "redisOperator": {"watchNamespace": "", "imagePullPolicy": "IfNotPresent"},
                "resources": _SIZE,
                "podSecurityContext": _POD,
                "securityContext": processes,
            },
        ),
        "cert_manager": _Release(
            chart="cert-manager", values=_cert_manager(addons.cert_manager or CertManager()), restricted=True
        ),
    }


def _cert_manager(config: CertManager) -> dict[str, Any]:
    """Its chart's own pods are restricted; the Job that looks whether it works is a hook, which Pulumi
    doesn't run."""
    controller = {
        "apiVersion": "controller.config.cert-manager.io/v1alpha1",
        "kind": "ControllerConfiguration",
        "enableGatewayAPI": config.gateway_api,
    }
    return {
        "crds": {"enabled": True},
        "global": {"leaderElection": {"namespace": config.namespace}},
        "config": controller,
        "startupapicheck": {"enabled": False},
        "resources": _SIZE,
        "webhook": {"resources": _SIZE},
        "cainjector": {"resources": _SIZE},
    }


def install(addons: Addons, parent: pulumi.Resource, *, protect: bool = False) -> None:
    """Installs the configured operators, each in its namespace, which `protect` keeps from being deleted.

    When one is taken out again, the kinds of custom resources that it defined stay in the cluster, and with
    them the servers that it ran.
    """
    releases = _releases(addons)
    namespaces = {
        name: _namespace(name, all(releases[key].restricted for key in keys), parent, protect)
        for name, keys in sorted(_namespaces(addons).items())
    }
    for key, release in releases.items():
        operator: Operator | None = getattr(addons, key)
        if operator is not None:
            opts = pulumi.ResourceOptions(
                parent=parent,
                depends_on=[namespaces[operator.namespace]],
                transforms=[_retain_definitions],
            )
            _chart(release, operator, opts)


def _namespaces(addons: Addons) -> dict[str, list[str]]:
    """Operators in each namespace, by their keys in `addons`."""
    namespaces: dict[str, list[str]] = {}
    for key, operator in addons.operators.items():
        namespaces.setdefault(operator.namespace, []).append(key)
    return namespaces


def _namespace(name: str, restricted: bool, parent: pulumi.Resource, protect: bool) -> Namespace:
    labels = RESTRICTED if restricted else {**RESTRICTED, "pod-security.kubernetes.io/enforce": "baseline"}
    annotations = None if restricted else {"openedx-infra/exception": _WHY}
    return Namespace(
        name,
        metadata=ObjectMetaArgs(name=name, labels=labels, annotations=annotations),
        opts=pulumi.ResourceOptions(parent=parent, protect=protect, retain_on_delete=protect),
    )


def _chart(release: _Release, operator: Operator, opts: pulumi.ResourceOptions) -> Chart:
    """The chart, rendered by Pulumi's provider: a preview shows each object."""
    in_registry = operator.repository.startswith("oci://")
    return Chart(
        release.chart,
        chart=f"{operator.repository.rstrip('/')}/{release.chart}" if in_registry else release.chart,
        repository_opts=None if in_registry else RepositoryOptsArgs(repo=operator.repository),
        version=operator.version,
        namespace=operator.namespace,
        values=dict(release.values),
        opts=opts,
    )


def _retain_definitions(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Definitions of kinds are never deleted: whoever deletes one deletes all servers of that kind."""
    if args.type_ != _DEFINITION:
        return None
    retained = pulumi.ResourceOptions(retain_on_delete=True)
    return pulumi.ResourceTransformResult(
        props=args.props, opts=pulumi.ResourceOptions.merge(args.opts, retained)
    )
