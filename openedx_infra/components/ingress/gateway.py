"""Public hosts by the Gateway API: a Gateway, and an HTTPRoute for each host.

The API's own fields hold hosts, TLS, paths and headers for any controller. It has no stable ones for rates,
allowed addresses and stickiness: Traefik gets Middlewares and a TraefikService.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import pulumi

from openedx_infra.components.ingress import headers
from openedx_infra.components.ingress.annotations import COOKIE, terminates_tls
from openedx_infra.components.ingress.middlewares import Middlewares
from openedx_infra.components.ingress.routes import PublicHost, RouteGroup, route_groups
from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
from openedx_infra.config.sections.ingress import GatewayShared
from openedx_infra.kubernetes import routing
from openedx_infra.kubernetes.routing import Listener, Route, Rule

NAME = "entrance"
"""Name of an instance's own Gateway."""
PLAIN = "http"
"""Its listener for plain requests."""
_TRAEFIK = "traefik.io"
_PORTS = {"traefik": (8000, 8443)}
"""Ports that the controllers' own charts open, where those are not 80 and 443: Traefik takes a listener only
on a port that it has an entry point for."""
_HOSTS_OF_A_ROUTE = 16
"""Most host names of an HTTPRoute (the Gateway API's own limit)."""
_CLASSES = {"envoy": "eg"}
"""GatewayClasses by controller, where the names differ, as their own charts and guides call them."""


class GatewayRoutes:
    """A Gateway, unless a shared one is used, and an HTTPRoute for each host."""

    def __init__(self, instance: Instance, opts: pulumi.ResourceOptions) -> None:
        self._instance, self._opts = instance, opts
        self._stack = instance.stack
        self._middlewares = Middlewares(instance, pulumi.ResourceOptions(parent=opts.parent))
        self._sticky: set[str] = set()
        self._by_traefik = self._stack.cluster.ingress_controller == "traefik"

    def register(self, hosts: Sequence[PublicHost], secrets: Mapping[str, str]) -> None:
        """Registers Gateway and routes; `secrets` are the Secrets of the certificates, by host."""
        if not isinstance(self._stack.ingress.gateway, GatewayShared):
            self._gateway(hosts, secrets)
        for host in hosts:
            rules = [rule for group in route_groups(host, self._stack) for rule in self._rules(group)]
            self._route(host.name, self._parent(host), [host.domain], rules)
        if terminates_tls(self._stack):
            to_tls = {"scheme": "https", "statusCode": 301}
            rule = Rule(filters=[{"type": "RequestRedirect", "requestRedirect": to_tls}])
            domains = [host.domain for host in hosts]
            for first in range(0, len(domains), _HOSTS_OF_A_ROUTE):
                name = f"redirect-{first // _HOSTS_OF_A_ROUTE + 1}" if first else "redirect"
                some = domains[first : first + _HOSTS_OF_A_ROUTE]
                self._route(name, own_gateway(PLAIN), some, [rule])

    def _gateway(self, hosts: Sequence[PublicHost], secrets: Mapping[str, str]) -> None:
        cluster = self._stack.cluster
        plain, encrypted = ports(self._stack)
        listeners = [
            Listener(name=host.name, port=encrypted, host=host.domain, secret=secrets[host.name])
            for host in hosts
            if host.name in secrets
        ]
        routing.gateway(
            NAME,
            self._instance.scope,
            gateway_class=cluster.ingress_class
            or _CLASSES.get(cluster.ingress_controller, cluster.ingress_controller),
            listeners=[Listener(name=PLAIN, port=plain), *listeners],
            opts=self._opts,
        )

    def _parent(self, host: PublicHost) -> dict[str, str]:
        gateway = self._stack.ingress.gateway
        if isinstance(gateway, GatewayShared):
            return {**_GATEWAY, "name": gateway.name, "namespace": gateway.namespace}
        return own_gateway(host.name if terminates_tls(self._stack) else PLAIN)

    def _route(
        self, name: str, parent: Mapping[str, str], hosts: Sequence[str], rules: Sequence[Rule]
    ) -> None:
        routing.http_route(
            name, self._instance.scope, parent=parent, hosts=hosts, rules=rules, opts=self._opts
        )

    def _rules(self, group: RouteGroup) -> list[Rule]:
        """One for each Service that paths of the group lead to."""
        filters = [*self._filters(group)]
        return [
            Rule(
                paths=[route.path for route in routes],
                filters=filters,
                backend=self._backend(group.host, *service),
            )
            for service, routes in groupby(sorted(group.routes, key=_service), key=_service)
        ]

    def _filters(self, group: RouteGroup) -> list[dict[str, Any]]:
        values = headers.common(self._stack) | headers.of_host(group.host, self._stack)
        modifier = {
            "set": [{"name": name, "value": value} for name, value in values.items()],
            "remove": ["Server"],
        }
        of_request = [
            {"name": name, "value": value} for name, value in headers.of_request(self._stack).items()
        ]
        return [
            *(
                [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": of_request}}]
                if of_request
                else []
            ),
            {"type": "ResponseHeaderModifier", "responseHeaderModifier": modifier},
            *(
                {
                    "type": "ExtensionRef",
                    "extensionRef": {"group": _TRAEFIK, "kind": "Middleware", "name": name},
                }
                for name in (*self._middlewares.secret_headers(), *self._middlewares.limits(group))
            ),
        ]

    def _backend(self, host: PublicHost, service: str, port: int) -> dict[str, Any]:
        if not host.sticky or not self._by_traefik:
            return {"group": "", "kind": "Service", "name": service, "port": port, "weight": 1}
        cookie = {"name": COOKIE, "httpOnly": True, "sameSite": "lax", "secure": self._stack.site.secure}
        target = {"name": service, "port": port, "sticky": {"cookie": cookie}}
        if service not in self._sticky:
            self._sticky.add(service)
            routing.traefik_service(
                service, self._instance.scope, {"weighted": {"services": [target]}}, self._opts
            )
        return {"group": _TRAEFIK, "kind": "TraefikService", "name": service, "weight": 1}


_GATEWAY = {"group": "gateway.networking.k8s.io", "kind": "Gateway"}


def own_gateway(listener: str) -> dict[str, str]:
    """A reference to a listener of the instance's own Gateway."""
    return {**_GATEWAY, "name": NAME, "sectionName": listener}


def ports(stack: Stack) -> tuple[int, int]:
    """Ports of the instance's own Gateway for plain requests and for TLS."""
    gateway = stack.ingress.gateway
    usual = _PORTS.get(stack.cluster.ingress_controller, (80, 443))
    if isinstance(gateway, GatewayShared):
        return usual
    return gateway.http_port or usual[0], gateway.https_port or usual[1]


def _service(route: Route) -> tuple[str, int]:
    return route.service, route.port
