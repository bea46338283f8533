"""How is Traefik told what to refuse, and what to add? By Middlewares, each made once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from openedx_infra.components.ingress import headers
from openedx_infra.components.ingress.routes import Door, Part
from openedx_infra.components.instance import Instance
from openedx_infra.config.sections.ingress import Rate
from openedx_infra.kubernetes.routing import middleware


class Middlewares:
    """The Middlewares of an instance, by name."""

    def __init__(self, instance: Instance, opts: pulumi.ResourceOptions) -> None:
        self._instance, self._opts = instance, opts
        self._made: set[str] = set()

    def redirect(self) -> str:
        """Plain requests are sent on to TLS."""
        return self._make("https", {"redirectScheme": {"scheme": "https", "permanent": True}})

    def words(self, door: Door) -> list[str]:
        """Headers are added to answers, refusals among them, and the server's name is taken out."""
        stack = self._instance.stack
        common = {**headers.common(stack), "Server": ""}
        names = [self._make("headers", {"headers": {"customResponseHeaders": common}})]
        if own := headers.of_door(door.name, stack):
            names.append(self._make(f"{door.name}-headers", {"headers": {"customResponseHeaders": own}}))
        return names

    def refusals(self, part: Part) -> list[str]:
        """Addresses that are not allowed, and requests beyond the rate, are refused: 403, and 429."""
        names = []
        if part.allow:
            spec = {"sourceRange": list(part.allow), **self._strategy()}
            names.append(self._make("admin", {"ipAllowList": spec}))
        if part.rate:
            names.append(self._make(part.rate_name, {"rateLimit": self._rate(part.rate)}))
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
        """Whose address counts: that of the connection, or one that a proxy in front has written down."""
        depth = self._instance.stack.ingress.proxies_in_front
        strategy = {**({"depth": depth} if depth else {}), **more}
        return {"ipStrategy": strategy} if strategy else {}

    def _make(self, name: str, spec: Mapping[str, Any]) -> str:
        if name not in self._made:
            self._made.add(name)
            middleware(name, self._instance.scope, spec, self._opts)
        return name
