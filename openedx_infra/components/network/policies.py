"""Network policies of an instance: everything is denied, then the flows that are needed are allowed."""

from __future__ import annotations

from collections.abc import Container, Iterator

import pulumi

from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.datastores.store import Members, Reach
from openedx_infra.components.edx_platform.queues import KEDA_PODS, scales_by_queues
from openedx_infra.components.frontends.caddy import SOFTWARE as MFE_SERVER
from openedx_infra.components.frontends.static_files import SOFTWARE as STATIC_SERVER
from openedx_infra.components.instance import PLATFORM, WEB_PORT, Instance
from openedx_infra.components.network.egress import (
    allow_egress,
    allow_ingress_controller,
    backup_readers,
    read_by_backups,
)
from openedx_infra.config import Stack
from openedx_infra.kubernetes.names import NAME
from openedx_infra.kubernetes.network_policies import Flow, Group, NetworkPolicies
from openedx_infra.services import services
from openedx_infra.settings.servers.static_files import STATIC_PORT


def isolate(instance: Instance, stores: Datastores, parent: pulumi.Resource) -> None:
    """Pods of the platform reach all servers, each other, and the Internet; visitors come by the ingress
    controller; everything else is denied."""
    policies = NetworkPolicies(scope=instance.scope, opts=pulumi.ResourceOptions(parent=parent))
    policies.deny_all()
    policies.allow_dns(instance.stack.network.name_servers)
    to_stores = _to_stores(
        policies, stores, scales_by_queues(instance.stack), read_by_backups(instance.stack)
    )
    policies.allow_flows(
        [*_among_sites(policies, instance.stack), *to_stores, *_to_services(policies, instance.stack)]
    )
    allow_ingress_controller(instance, policies)
    allow_egress(instance, stores, policies)


def _among_sites(policies: NetworkPolicies, stack: Stack) -> Iterator[Flow]:
    """LMS and Studio ask each other, the MFEs' server passes on the request for their run-time settings, and
    pods with static files hand them on to those after them."""
    platform, static = policies.software(PLATFORM), policies.software(STATIC_SERVER)
    yield Flow(clients=[static], server=static, port=STATIC_PORT)
    for suffix in (version.suffix for version in stack.versions):
        lms, studio = policies.component(f"lms{suffix}"), policies.component(f"studio{suffix}")
        yield Flow(clients=[platform, policies.software(MFE_SERVER)], server=lms, port=WEB_PORT)
        yield Flow(clients=[platform], server=studio, port=WEB_PORT)


def _to_stores(
    policies: NetworkPolicies, stores: Datastores, counts_queues: bool, backed_up: Container[str]
) -> Iterator[Flow]:
    platform = policies.software(PLATFORM)
    clients: dict[tuple[str, int], list[Group]] = {}
    servers: dict[str, Group] = {}
    for name, store in stores.named().items():
        server = _server(policies, name, store.reach)
        if server is None:
            continue
        servers[server.name] = server
        helpers = [policies.software(f"{name}-provision")] if store.administrator else []
        if name == "broker" and counts_queues:
            helpers.append(Group(name="keda", labels=KEDA_PODS, any_namespace=True))
        helpers += [backup_readers(policies)] if name in backed_up else []
        for port in store.reach.ports:
            clients.setdefault((server.name, port), [platform]).extend(helpers)
        if store.reach.members:
            yield from _among_members(name, server, store.reach.members)
    for (server_name, port), allowed in clients.items():
        yield Flow(clients=allowed, server=servers[server_name], port=port)


def _to_services(policies: NetworkPolicies, stack: Stack) -> Iterator[Flow]:
    """What services say themselves of who may connect to them."""
    for service in services(stack):
        if service.clients:
            clients = [policies.software(name) for name in service.clients]
            yield Flow(clients=clients, server=policies.software(service.label), port=service.port)


def _server(policies: NetworkPolicies, name: str, reach: Reach) -> Group | None:
    """The pods of a datastore: several datastores may be one software. None: it is outside the cluster."""
    if reach.pods is None:
        return None
    if reach.members is None:
        return policies.software(reach.pods[NAME])
    return Group(name=name, labels=reach.pods)


def _among_members(name: str, front: Group, members: Members) -> Iterator[Flow]:
    """The members of a server connect to each other; so do the proxy in front of them and their operator."""
    no_proxy = members.pods == front.labels
    group = front if no_proxy else Group(name=f"{name}-members", labels=members.pods)
    operator = Group(name=f"{name}-operator", labels=members.operator, any_namespace=True)
    clients = [group, operator] if no_proxy else [group, front, operator]
    for port in members.ports:
        yield Flow(clients=clients, server=group, port=port)
