"""How do visitors from outside reach a Service?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def route(
    name: str,
    scope: Scope,
    *,
    host: str,
    port: int,
    ingress_class: str,
    opts: pulumi.ResourceOptions,
    paths: Sequence[str] = ("/",),
    annotations: Mapping[str, pulumi.Input[str]] | None = None,
    tls_secret: str | None = None,
) -> Ingress:
    """Requests for `host`, under `paths`, go to the Service called `name`.

    It isn't awaited: whether it gets an address of its own is the controller's affair, and many never do.
    """
    backend = IngressBackendArgs(
        service=IngressServiceBackendArgs(name=name, port=ServiceBackendPortArgs(number=port))
    )
    rules = [HTTPIngressPathArgs(path=path, path_type="Prefix", backend=backend) for path in paths]
    return Ingress(
        name,
        metadata=scope.metadata(name, name=name, annotations={**NO_WAIT, **(annotations or {})}),
        spec=IngressSpecArgs(
            ingress_class_name=ingress_class,
            rules=[IngressRuleArgs(host=host, http=HTTPIngressRuleValueArgs(paths=rules))],
            tls=[IngressTLSArgs(hosts=[host], secret_name=tls_secret)] if tls_secret else None,
        ),
        opts=opts,
    )


def middleware(
    name: str, scope: Scope, spec: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> CustomResource:
    """A Middleware of Traefik, which its Ingresses name as `<namespace>-<name>@kubernetescrd`."""
    return CustomResource(
        name,
        api_version="traefik.io/v1alpha1",
        kind="Middleware",
        metadata=scope.metadata(name, name=name),
        spec=dict(spec),
        opts=opts,
    )
