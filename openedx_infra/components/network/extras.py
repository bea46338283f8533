"""Network policies of containers of the operator's own: who reaches them, and what they reach."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.instance import PLATFORM
from openedx_infra.components.network.egress import open_proxy
from openedx_infra.components.network.reached import (
    allow_datastores_elsewhere,
    allow_internet,
    to_datastores,
    to_platform,
)
from openedx_infra.components.web_proxy import extra_uses_it
from openedx_infra.config import Stack
from openedx_infra.config.extras.containers import ExtraContainer, component
from openedx_infra.config.sections.network import networks
from openedx_infra.kubernetes.network_policies import Destination, Flow, Group, NetworkPolicies


def extra_flows(policies: NetworkPolicies, stack: Stack, stores: Datastores) -> Iterator[Flow]:
    """Flows within the instance that containers name: to them, to datastores, and to the platform."""
    for name, container in stack.extras.running.items():
        own = policies.component(component(name))
        if container.for_platform and container.port:
            yield Flow(clients=[policies.software(PLATFORM)], server=own, port=container.port)
        yield from _to_others(policies, stack, own, container)
        yield from to_datastores(policies, stores, own, container.connects_to.datastores)
        if container.connects_to.platform:
            yield from to_platform(policies, stack, own)


def _to_others(
    policies: NetworkPolicies, stack: Stack, own: Group, container: ExtraContainer
) -> Iterator[Flow]:
    for name in container.connects_to.containers:
        other = stack.extras.running.get(name)
        if other and other.port:
            yield Flow(clients=[own], server=policies.component(component(name)), port=other.port)


def allow_extras_egress(policies: NetworkPolicies, stack: Stack, stores: Datastores) -> None:
    """What containers reach outside the instance: datastores that run elsewhere, the Internet, and servers
    that they name."""
    for name, container in stack.extras.running.items():
        own, to = policies.component(component(name)), container.connects_to
        allow_datastores_elsewhere(policies, stack, stores, own, to.datastores)
        allow_internet(policies, stack, own, to.internet)
        if extra_uses_it(stack, container):
            open_proxy(policies, stack, own)
        for number, server in enumerate(to.outside, 1):
            there = Destination(blocks=networks(server.networks), namespaces=server.namespaces)
            policies.allow_egress(f"outside-{number}-from-{own.name}", own, server.ports, there)
