"""Network policies of companion services: who reaches them, and what they reach."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.instance import PLATFORM
from openedx_infra.components.network.destinations import of_url
from openedx_infra.components.network.prometheus import prometheus
from openedx_infra.components.network.reached import (
    allow_datastores_elsewhere,
    allow_internet,
    to_datastores,
    to_platform,
)
from openedx_infra.config import Stack
from openedx_infra.kubernetes.network_policies import Flow, NetworkPolicies
from openedx_infra.services.of_stack import companions


def companion_flows(policies: NetworkPolicies, stack: Stack, stores: Datastores) -> Iterator[Flow]:
    """Flows within the instance: to a service's processes, to the datastores that it uses, and to the
    platform."""
    on = companions(stack)
    for companion in on:
        own, parts = policies.software(companion.name), companion.parts
        for process in parts.processes:
            clients = [policies.software(PLATFORM)] if process.for_platform else []
            clients += [policies.software(name) for name in process.clients]
            if not process.name:
                clients += [policies.software(each.name) for each in on if companion.name in each.parts.asks]
            if process.metrics is not None and stack.monitoring.prometheus:
                clients.append(prometheus(stack))
            if process.port is not None and clients:
                server = policies.component(companion.component(process))
                yield Flow(clients=clients, server=server, port=process.port)
        yield from to_datastores(policies, stores, own, parts.stores)
        if parts.reaches_platform:
            yield from to_platform(policies, stack, own)


def allow_companions_egress(policies: NetworkPolicies, stack: Stack, stores: Datastores) -> None:
    """What services reach outside the instance: datastores that run elsewhere, the Internet, and servers that
    their sections name."""
    for companion in companions(stack):
        own, parts = policies.software(companion.name), companion.parts
        allow_datastores_elsewhere(policies, stack, stores, own, parts.stores)
        allow_internet(policies, stack, own, parts.internet)
        for number, url in enumerate(parts.outside, 1):
            policies.allow_egress(f"server-{number}-from-{own.name}", own, [port_of(url)], of_url(stack, url))


def port_of(url: str) -> int:
    """TCP port of an address: its own, or that of its scheme."""
    address = urlsplit(url)
    return address.port or (443 if address.scheme == "https" else 80)
