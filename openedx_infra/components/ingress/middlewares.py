"""Traefik's Middlewares, each registered once: redirect to TLS, headers, allowed addresses, rate limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from openedx_infra.components.ingress import headers
from openedx_infra.components.ingress.routes import PublicHost, RouteGroup
from openedx_infra.components.instance import Instance
from openedx_infra.config.sections.ingress import Rate
from openedx_infra.kubernetes.routing import middleware


class Middlewares:
    """Registers the Middlewares of an instance as they are asked for, and tells their names."""

    def __init__(self, instance: Instance, opts: pulumi.ResourceOptions) -> None:
        self._instance, self._opts = instance, opts
        self._registered: set[str] = set()

    def redirect(self) -> str:
        """The one that redirects plain requests to TLS."""
        return self._middleware("https", {"redirectScheme": {"scheme": "https", "permanent": True}})

    def headers(self, host: PublicHost) -> list[str]:
        """Those that add headers to all answers, refusals among them, and take out the server's name."""
        stack = self._instance.stack
        common = {**headers.common(stack), "Server": ""}
        spec: dict[str, Any] = {"customResponseHeaders": common}
        if of_request := headers.of_request(stack):
            spec["customRequestHeaders"] = of_request
        names = [self._middleware("headers", {"headers": spec})]
        if special := headers.of_host(host, stack):
            names.append(
                self._middleware(f"{host.name}-headers", {"headers": {"customResponseHeaders": special}})
            )
        return [*names, *self.secret_headers()]

    def secret_headers(self) -> list[str]:
        """The one that adds headers whose values are secrets, if there are any.

        Traefik reads them from its own objects alone. This one has nothing else, as all of it is secret in
        Pulumi's state.
        """
        values = headers.secret(self._instance)
        spec = {"headers": {"customResponseHeaders": values}}
        return [self._middleware("secret-headers", spec)] if values else []

    def limits(self, group: RouteGroup) -> list[str]:
        """Those that refuse addresses that are not allowed (403), and requests beyond the rate (429)."""
        names = []
        if group.allow:
            spec = {"sourceRange": list(group.allow), **self._strategy()}
            names.append(self._middleware("admin", {"ipAllowList": spec}))
        if group.rate:
            names.append(self._middleware(group.rate_name, {"rateLimit": self._rate(group.rate)}))
        return names

    def _rate(self, rate: Rate) -> dict[str, Any]:
        # An address of IPv6 is one of very many that a visitor has.
        criterion = self._strategy(ipv6Subnet=64)
        return {
            "average": rate.average,
            "period": {"second": "1s", "minute": "1m"}[rate.per],
            "burst": rate.burst,
            "sourceCriterion": criterion,
        }

    def _strategy(self, **more: int) -> dict[str, Any]:
        """Which address counts: the connection's, or one that a proxy in front put into X-Forwarded-For."""
        depth = self._instance.stack.ingress.proxies_in_front
        strategy = {**({"depth": depth} if depth else {}), **more}
        return {"ipStrategy": strategy} if strategy else {}

    def _middleware(self, name: str, spec: Mapping[str, Any]) -> str:
        if name not in self._registered:
            self._registered.add(name)
            middleware(name, self._instance.scope, spec, self._opts)
        return name
