"""How do visitors reach a Service by the Gateway API?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from openedx_infra.kubernetes.names import NO_WAIT, Scope

API = "gateway.networking.k8s.io/v1"


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
    """What is done with requests for paths."""

    paths: Sequence[str] = ("/",)
    filters: Sequence[Mapping[str, Any]] = ()
    """What is done on the way, in this order, as HTTPRoutes write it."""
    backend: Mapping[str, Any] = field(default_factory=dict)
    """Where they go, as HTTPRoutes write it. Nothing: a filter answers."""


def gateway(
    name: str,
    scope: Scope,
    *,
    gateway_class: str,
    listeners: Sequence[Listener],
    opts: pulumi.ResourceOptions,
) -> CustomResource:
    """A Gateway for routes of its own namespace. Its address is the controller's affair: it isn't awaited."""
    return _object(
        "Gateway",
        name,
        scope,
        {"gatewayClassName": gateway_class, "listeners": [_listener(one) for one in listeners]},
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
    """Requests for the hosts follow the rule with the longest path that fits."""
    spec = {"parentRefs": [dict(parent)], "hostnames": list(hosts), "rules": [_rule(one) for one in rules]}
    return _object("HTTPRoute", name, scope, spec, opts)


def _object(
    kind: str, name: str, scope: Scope, spec: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> CustomResource:
    return CustomResource(
        name,
        api_version=API,
        kind=kind,
        metadata=scope.metadata(name, name=name, annotations=NO_WAIT),
        spec=dict(spec),
        opts=opts,
    )


def _listener(one: Listener) -> dict[str, Any]:
    listener: dict[str, Any] = {
        "name": one.name,
        "port": one.port,
        "protocol": "HTTPS" if one.secret else "HTTP",
        "allowedRoutes": {"namespaces": {"from": "Same"}},
    }
    if one.host:
        listener["hostname"] = one.host
    if one.secret:
        certificate = {"group": "", "kind": "Secret", "name": one.secret}
        listener["tls"] = {"mode": "Terminate", "certificateRefs": [certificate]}
    return listener


def _rule(one: Rule) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "matches": [{"path": {"type": "PathPrefix", "value": path}} for path in one.paths]
    }
    if one.filters:
        rule["filters"] = [dict(each) for each in one.filters]
    if one.backend:
        rule["backendRefs"] = [dict(one.backend)]
    return rule
