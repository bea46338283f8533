"""How do visitors get in by the Gateway API?

Its own words carry hosts, TLS, paths and headers to any controller. Rates, networks of administrators and
stickiness it has no stable words for: Traefik is told by Middlewares and a TraefikService.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import pulumi

from openedx_infra.components.ingress import headers
from openedx_infra.components.ingress.annotations import COOKIE, ends_tls
from openedx_infra.components.ingress.middlewares import Middlewares
from openedx_infra.components.ingress.routes import Door, Part, parts
from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
from openedx_infra.config.sections.ingress import GatewayShared
from openedx_infra.kubernetes.gateway import Listener, Rule, gateway, http_route
from openedx_infra.kubernetes.routing import Route, traefik_service

NAME = "entrance"
"""The Gateway of an instance that makes one."""
PLAIN = "http"
"""Its listener for plain requests."""
_TRAEFIK = "traefik.io"
_PORTS = {"traefik": (8000, 8443)}
"""Ports that the controllers' own charts open, where those are not 80 and 443: Traefik takes a listener only
on a port that it has an entry point for."""
_CLASSES = {"envoy": "eg"}
"""GatewayClasses by controller, where the names differ, as their own charts and guides call them."""


class GatewayEntrance:
    """A Gateway, or somebody else's, and an HTTPRoute for each host."""

    def __init__(self, instance: Instance, opts: pulumi.ResourceOptions) -> None:
        self._instance, self._opts = instance, opts
        self._stack = instance.stack
        self._middlewares = Middlewares(instance, pulumi.ResourceOptions(parent=opts.parent))
        self._sticky: set[str] = set()
        self._by_traefik = self._stack.cluster.ingress_controller == "traefik"

    def open(self, doors: Sequence[Door], secrets: Mapping[str, str]) -> None:
        """Let visitors in by all doors; `secrets` hold certificates, by door."""
        if not isinstance(self._stack.ingress.gateway, GatewayShared):
            self._gateway(doors, secrets)
        for door in doors:
            rules = [rule for part in parts(door, self._stack) for rule in self._rules(part)]
            self._route(door.name, self._parent(door), [door.host], rules)
        if ends_tls(self._stack):
            to_tls = {"scheme": "https", "statusCode": 301}
            rule = Rule(filters=[{"type": "RequestRedirect", "requestRedirect": to_tls}])
            self._route("redirect", own_gateway(PLAIN), [door.host for door in doors], [rule])

    def _gateway(self, doors: Sequence[Door], secrets: Mapping[str, str]) -> None:
        cluster = self._stack.cluster
        plain, encrypted = ports(self._stack)
        listeners = [
            Listener(name=door.name, port=encrypted, host=door.host, secret=secrets[door.name])
            for door in doors
            if door.name in secrets
        ]
        gateway(
            NAME,
            self._instance.scope,
            gateway_class=cluster.ingress_class
            or _CLASSES.get(cluster.ingress_controller, cluster.ingress_controller),
            listeners=[Listener(name=PLAIN, port=plain), *listeners],
            opts=self._opts,
        )

    def _parent(self, door: Door) -> dict[str, str]:
        said = self._stack.ingress.gateway
        if isinstance(said, GatewayShared):
            return {**_GATEWAY, "name": said.name, "namespace": said.namespace}
        return own_gateway(door.name if ends_tls(self._stack) else PLAIN)

    def _route(
        self, name: str, parent: Mapping[str, str], hosts: Sequence[str], rules: Sequence[Rule]
    ) -> None:
        http_route(name, self._instance.scope, parent=parent, hosts=hosts, rules=rules, opts=self._opts)

    def _rules(self, part: Part) -> list[Rule]:
        """One for each Service that paths of the part lead to."""
        filters = [*self._filters(part)]
        return [
            Rule(
                paths=[route.path for route in group],
                filters=filters,
                backend=self._backend(part.door, *where),
            )
            for where, group in groupby(sorted(part.routes, key=_service), key=_service)
        ]

    def _filters(self, part: Part) -> list[dict[str, Any]]:
        said = headers.common(self._stack) | headers.of_door(part.door.name, self._stack)
        modifier = {
            "set": [{"name": name, "value": value} for name, value in said.items()],
            "remove": ["Server"],
        }
        refusals = self._middlewares.refusals(part)
        return [
            {"type": "ResponseHeaderModifier", "responseHeaderModifier": modifier},
            *(
                {
                    "type": "ExtensionRef",
                    "extensionRef": {"group": _TRAEFIK, "kind": "Middleware", "name": name},
                }
                for name in refusals
            ),
        ]

    def _backend(self, door: Door, service: str, port: int) -> dict[str, Any]:
        if not door.sticky or not self._by_traefik:
            return {"group": "", "kind": "Service", "name": service, "port": port, "weight": 1}
        cookie = {"name": COOKIE, "httpOnly": True, "sameSite": "lax", "secure": self._stack.site.secure}
        target = {"name": service, "port": port, "sticky": {"cookie": cookie}}
        if service not in self._sticky:
            self._sticky.add(service)
            traefik_service(service, self._instance.scope, {"weighted": {"services": [target]}}, self._opts)
        return {"group": _TRAEFIK, "kind": "TraefikService", "name": service, "weight": 1}


_GATEWAY = {"group": "gateway.networking.k8s.io", "kind": "Gateway"}


def own_gateway(listener: str) -> dict[str, str]:
    """A reference to a listener of the instance's own Gateway."""
    return {**_GATEWAY, "name": NAME, "sectionName": listener}


def ports(stack: Stack) -> tuple[int, int]:
    """Ports of the instance's own Gateway for plain requests and for TLS."""
    said = stack.ingress.gateway
    usual = _PORTS.get(stack.cluster.ingress_controller, (80, 443))
    if isinstance(said, GatewayShared):
        return usual
    return said.http_port or usual[0], said.https_port or usual[1]


def _service(route: Route) -> tuple[str, int]:
    return route.service, route.port
