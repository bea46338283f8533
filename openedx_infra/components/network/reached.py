"""What one group of pods reaches, as data: datastores wherever they run, LMS and Studio, and the Internet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.datastores.store import Reach
from openedx_infra.components.instance import WEB_PORT
from openedx_infra.components.network.destinations import internet, of_store, web
from openedx_infra.components.web_proxy import WEB_PORTS
from openedx_infra.config import Stack
from openedx_infra.kubernetes.names import NAME
from openedx_infra.kubernetes.network_policies import Flow, Group, NetworkPolicies


def to_datastores(
    policies: NetworkPolicies, stores: Datastores, client: Group, names: Iterable[str]
) -> Iterator[Flow]:
    """To those of these datastores that run in pods."""
    for name in names:
        reach = stores.named()[name].reach
        if (server := store_pods(policies, name, reach)) is not None:
            yield from (Flow(clients=[client], server=server, port=port) for port in reach.ports)


def to_platform(policies: NetworkPolicies, stack: Stack, client: Group) -> Iterator[Flow]:
    """To LMS and Studio of all versions."""
    for suffix in (version.suffix for version in stack.versions):
        for site in ("lms", "studio"):
            yield Flow(clients=[client], server=policies.component(f"{site}{suffix}"), port=WEB_PORT)


def allow_datastores_elsewhere(
    policies: NetworkPolicies, stack: Stack, stores: Datastores, client: Group, names: Iterable[str]
) -> None:
    """To those of these datastores that run in no pod of the instance."""
    for name in names:
        reach = stores.named()[name].reach
        if reach.ports and not reach.pods:
            to = of_store(stack, name, reach)
            policies.allow_egress(f"{name}-from-{client.name}", client, reach.ports, to)


def allow_internet(policies: NetworkPolicies, stack: Stack, client: Group, ports: Sequence[int]) -> None:
    """To public addresses on these ports: of web servers, as far as they are reached without a proxy."""
    to = web(stack) if WEB_PORTS.issuperset(ports) else internet(stack)
    policies.allow_egress(f"internet-from-{client.name}", client, ports, to)


def store_pods(policies: NetworkPolicies, name: str, reach: Reach) -> Group | None:
    """The pods of a datastore: several datastores may be one software. None: it is outside the cluster."""
    if reach.pods is None:
        return None
    if reach.members is None:
        return policies.software(reach.pods[NAME])
    return Group(name=name, labels=reach.pods)
