"""Network policies of development servers: who reaches them, and what they install packages from."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.components.frontends.caddy import SOFTWARE as MFE_SERVER
from openedx_infra.components.network.egress import open_proxy
from openedx_infra.components.network.reached import allow_internet
from openedx_infra.config import Stack
from openedx_infra.config.development.frontends import source_frontends
from openedx_infra.kubernetes.network_policies import Flow, NetworkPolicies

REGISTRY_PORTS = (80, 443)
"""Ports of registries of npm, and of Git servers."""


def development_flows(policies: NetworkPolicies, stack: Stack) -> Iterator[Flow]:
    """The MFEs' server passes requests on to those of micro-frontends from source."""
    for frontend in source_frontends(stack):
        server = policies.component(frontend.component)
        yield Flow(clients=[policies.software(MFE_SERVER)], server=server, port=frontend.port)


def allow_development_egress(policies: NetworkPolicies, stack: Stack) -> None:
    """Servers of micro-frontends install packages of npm."""
    for frontend in source_frontends(stack):
        client = policies.component(frontend.component)
        allow_internet(policies, stack, client, REGISTRY_PORTS)
        open_proxy(policies, stack, client)
