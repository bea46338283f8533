"""How do visitors from outside reach a Service?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.networking.v1 import (
    HTTPIngressPathArgs,
    HTTPIngressRuleValueArgs,
    Ingress,
    IngressBackendArgs,
    IngressRuleArgs,
    IngressServiceBackendArgs,
    IngressSpecArgs,
    IngressTLSArgs,
    ServiceBackendPortArgs,
)

from openedx_infra.kubernetes.names import NO_WAIT, Scope


@dataclass(frozen=True, kw_only=True)
class Route:
    """Paths of a host, and the Service behind them."""

    service: str
    port: int
    path: str = "/"
    """Start of the paths, up to a slash or their end. The longest one that fits a request decides."""


def open_host(
    name: str,
    scope: Scope,
    *,
    host: str,
    routes: Sequence[Route],
    ingress_class: str,
    opts: pulumi.ResourceOptions,
    annotations: Mapping[str, pulumi.Input[str]] | None = None,
    tls_secret: str | None = None,
) -> Ingress:
    """An Ingress called `name`: requests for `host` go along the routes.

    It isn't awaited: whether it gets an address of its own is the controller's affair, and many never do.
    """
    return Ingress(
        name,
        metadata=scope.metadata(name, name=name, annotations={**NO_WAIT, **(annotations or {})}),
        spec=IngressSpecArgs(
            ingress_class_name=ingress_class,
            rules=[
                IngressRuleArgs(
                    host=host, http=HTTPIngressRuleValueArgs(paths=[_path(one) for one in routes])
                )
            ],
            tls=[IngressTLSArgs(hosts=[host], secret_name=tls_secret)] if tls_secret else None,
        ),
        opts=opts,
    )


def _path(route: Route) -> HTTPIngressPathArgs:
    service = IngressServiceBackendArgs(name=route.service, port=ServiceBackendPortArgs(number=route.port))
    return HTTPIngressPathArgs(
        path=route.path, path_type="Prefix", backend=IngressBackendArgs(service=service)
    )


def middleware(
    name: str, scope: Scope, spec: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> CustomResource:
    """A Middleware of Traefik, which its Ingresses name as `<namespace>-<name>@kubernetescrd`."""
    return _of_traefik("Middleware", name, scope, spec, opts)


def traefik_service(
    name: str, scope: Scope, spec: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> CustomResource:
    """A TraefikService: a way to Services that Kubernetes' own objects have no words for."""
    return _of_traefik("TraefikService", name, scope, spec, opts)


def _of_traefik(
    kind: str, name: str, scope: Scope, spec: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> CustomResource:
    return CustomResource(
        name,
        api_version="traefik.io/v1alpha1",
        kind=kind,
        metadata=scope.metadata(name, name=name),
        spec=dict(spec),
        opts=opts,
    )
