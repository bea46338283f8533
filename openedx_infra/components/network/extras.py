"""Network policies of containers of the operator's own: who reaches them, and what they reach."""

from __future__ import annotations

from collections.abc import Iterator

from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.instance import PLATFORM, WEB_PORT
from openedx_infra.components.network.companions import store_pods
from openedx_infra.components.network.destinations import internet, of_store, web
from openedx_infra.components.network.egress import open_proxy
from openedx_infra.components.web_proxy import WEB_PORTS, extra_uses_it
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
        for store in container.connects_to.datastores:
            reach = stores.named()[store].reach
            if (server := store_pods(policies, store, reach)) is not None:
                yield from (Flow(clients=[own], server=server, port=port) for port in reach.ports)
        if container.connects_to.platform:
            for suffix in (version.suffix for version in stack.versions):
                for site in ("lms", "studio"):
                    server = policies.component(f"{site}{suffix}")
                    yield Flow(clients=[own], server=server, port=WEB_PORT)


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
        for store in to.datastores:
            reach = stores.named()[store].reach
            if reach.ports and not reach.pods:
                policies.allow_egress(
                    f"{store}-from-{own.name}", own, reach.ports, of_store(stack, store, reach)
                )
        if to.internet:
            reached = web(stack) if WEB_PORTS.issuperset(to.internet) else internet(stack)
            policies.allow_egress(f"internet-from-{own.name}", own, to.internet, reached)
        if extra_uses_it(stack, container):
            open_proxy(policies, stack, own)
        for number, server in enumerate(to.outside, 1):
            there = Destination(blocks=networks(server.networks), namespaces=server.namespaces)
            policies.allow_egress(f"outside-{number}-from-{own.name}", own, server.ports, there)
