"""Routes from outside to Services, and their certificates: Ingress, Gateway API, Traefik, cert-manager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from openedx_infra.kubernetes.models import (
    CustomResource,
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

GATEWAY_API = "gateway.networking.k8s.io/v1"
CERT_MANAGER = "cert-manager.io"


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

    It isn't awaited: whether it gets an address of its own is up to the controller, and many never do.
    """
    return Ingress(
        name,
        metadata=scope.metadata(name, name=name, annotations={**NO_WAIT, **(annotations or {})}),
        spec=IngressSpecArgs(
            ingress_class_name=ingress_class,
            rules=[
                IngressRuleArgs(
                    host=host, http=HTTPIngressRuleValueArgs(paths=[_path(route) for route in routes])
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
    """A TraefikService: a route to Services with options that Kubernetes' own objects don't have."""
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


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A port of a Gateway, for all hosts or for one, which speaks TLS where it has a certificate."""

    name: str
    port: int
    host: str | None = None
    secret: str | None = None
    """Secret of the certificate. None: plain HTTP."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Filters and backend of requests for some paths."""

    paths: Sequence[str] = ("/",)
    filters: Sequence[Mapping[str, Any]] = ()
    """Filters in their order, as HTTPRoutes write them."""
    backend: Mapping[str, Any] = field(default_factory=dict)
    """The Service, as HTTPRoutes write it. Empty: a filter answers."""


def gateway(
    name: str,
    scope: Scope,
    *,
    gateway_class: str,
    listeners: Sequence[Listener],
    opts: pulumi.ResourceOptions,
) -> CustomResource:
    """A Gateway for routes of its own namespace. Its address is up to the controller: it isn't awaited."""
    return _gateway_object(
        "Gateway",
        name,
        scope,
        {"gatewayClassName": gateway_class, "listeners": [_listener(listener) for listener in listeners]},
        opts,
    )


def http_route(
    name: str,
    scope: Scope,
    *,
    parent: Mapping[str, Any],
    hosts: Sequence[str],
    rules: Sequence[Rule],
    opts: pulumi.ResourceOptions,
) -> CustomResource:
    """An HTTPRoute: the rule with the longest path that fits decides on a request."""
    spec = {"parentRefs": [dict(parent)], "hostnames": list(hosts), "rules": [_rule(rule) for rule in rules]}
    return _gateway_object("HTTPRoute", name, scope, spec, opts)


def _gateway_object(
    kind: str, name: str, scope: Scope, spec: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> CustomResource:
    return CustomResource(
        name,
        api_version=GATEWAY_API,
        kind=kind,
        metadata=scope.metadata(name, name=name, annotations=NO_WAIT),
        spec=dict(spec),
        opts=opts,
    )


def _listener(listener: Listener) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "name": listener.name,
        "port": listener.port,
        "protocol": "HTTPS" if listener.secret else "HTTP",
        "allowedRoutes": {"namespaces": {"from": "Same"}},
    }
    if listener.host:
        spec["hostname"] = listener.host
    if listener.secret:
        certificate = {"group": "", "kind": "Secret", "name": listener.secret}
        spec["tls"] = {"mode": "Terminate", "certificateRefs": [certificate]}
    return spec


def _rule(rule: Rule) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "matches": [{"path": {"type": "PathPrefix", "value": path}} for path in rule.paths]
    }
    if rule.filters:
        spec["filters"] = [dict(filter_) for filter_ in rule.filters]
    if rule.backend:
        spec["backendRefs"] = [dict(rule.backend)]
    return spec


def issuer(name: str, scope: Scope, spec: Mapping[str, Any], opts: pulumi.ResourceOptions) -> CustomResource:
    """An Issuer, which signs in its own namespace alone."""
    return CustomResource(
        name,
        api_version=f"{CERT_MANAGER}/v1",
        kind="Issuer",
        metadata=scope.metadata(name, name=name, annotations=NO_WAIT),
        spec=dict(spec),
        opts=opts,
    )


def certificate(
    name: str,
    scope: Scope,
    *,
    secret: str,
    signer: Mapping[str, str],
    opts: pulumi.ResourceOptions,
    hosts: Sequence[str] = (),
    authority: str | None = None,
) -> CustomResource:
    """A Certificate for these hosts, or of an authority by its common name; its key and chain are kept in a
    Secret.

    It isn't awaited: proof by HTTP needs names in DNS that may be set later, and one host without a
    certificate must not keep all the rest from coming up. Each renewal makes a new key."""
    spec: dict[str, Any] = {
        "secretName": secret,
        "issuerRef": {"group": CERT_MANAGER, **signer},
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
    }
    spec |= {"isCA": True, "commonName": authority} if authority else {"dnsNames": list(hosts)}
    return CustomResource(
        name,
        api_version=f"{CERT_MANAGER}/v1",
        kind="Certificate",
        metadata=scope.metadata(name, name=name, annotations=NO_WAIT),
        spec=spec,
        opts=opts,
    )
