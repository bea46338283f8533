"""Network policies of companion services: who reaches them, and what they reach."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.datastores.store import Reach
from openedx_infra.components.instance import PLATFORM, WEB_PORT
from openedx_infra.components.network.destinations import internet, of_store, of_url, web
from openedx_infra.components.web_proxy import WEB_PORTS
from openedx_infra.config import Stack
from openedx_infra.kubernetes.names import NAME
from openedx_infra.kubernetes.network_policies import Flow, Group, NetworkPolicies
from openedx_infra.services.of_stack import companions


def companion_flows(policies: NetworkPolicies, stack: Stack, stores: Datastores) -> Iterator[Flow]:
    """Flows within the instance: to a service's processes, to the datastores that it uses, and to the
    platform."""
    for companion in companions(stack):
        own, parts = policies.software(companion.name), companion.parts
        for process in parts.processes:
            clients = [policies.software(PLATFORM)] if process.for_platform else []
            clients += [policies.software(name) for name in process.clients]
            if process.port is not None and clients:
                server = policies.component(companion.component(process))
                yield Flow(clients=clients, server=server, port=process.port)
        for name in parts.stores:
            reach = stores.named()[name].reach
            if (server_pods := store_pods(policies, name, reach)) is not None:
                yield from (Flow(clients=[own], server=server_pods, port=port) for port in reach.ports)
        if parts.reaches_platform:
            for suffix in (version.suffix for version in stack.versions):
                yield Flow(clients=[own], server=policies.component(f"lms{suffix}"), port=WEB_PORT)
                yield Flow(clients=[own], server=policies.component(f"studio{suffix}"), port=WEB_PORT)


def store_pods(policies: NetworkPolicies, name: str, reach: Reach) -> Group | None:
    """The pods of a datastore: several datastores may be one software. None: it is outside the cluster."""
    if reach.pods is None:
        return None
    if reach.members is None:
        return policies.software(reach.pods[NAME])
    return Group(name=name, labels=reach.pods)


def allow_companions_egress(policies: NetworkPolicies, stack: Stack, stores: Datastores) -> None:
    """What services reach outside the instance: datastores that run elsewhere, the Internet, and servers that
    their sections name."""
    for companion in companions(stack):
        own, parts = policies.software(companion.name), companion.parts
        for name in parts.stores:
            reach = stores.named()[name].reach
            if reach.ports and not reach.pods:
                policies.allow_egress(
                    f"{name}-from-{own.name}", own, reach.ports, of_store(stack, name, reach)
                )
        if parts.internet:
            to = web(stack) if WEB_PORTS.issuperset(parts.internet) else internet(stack)
            policies.allow_egress(f"internet-from-{own.name}", own, parts.internet, to)
        for number, url in enumerate(parts.outside, 1):
            policies.allow_egress(f"server-{number}-from-{own.name}", own, [port_of(url)], of_url(stack, url))


def port_of(url: str) -> int:
    """TCP port of an address: its own, or that of its scheme."""
    address = urlsplit(url)
    return address.port or (443 if address.scheme == "https" else 80)
