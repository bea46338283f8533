"""Network policies of an instance: everything is denied, then the flows that are needed are allowed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pulumi

from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.datastores.store import Members
from openedx_infra.components.edx_platform.queues import KEDA_PODS, scales_by_queues
from openedx_infra.components.frontends.caddy import SOFTWARE as MFE_SERVER
from openedx_infra.components.frontends.static_files import SOFTWARE as STATIC_SERVER
from openedx_infra.components.instance import PLATFORM, WEB_PORT, Instance
from openedx_infra.components.network.companions import (
    allow_companions_egress,
    companion_flows,
)
from openedx_infra.components.network.development import allow_development_egress, development_flows
from openedx_infra.components.network.egress import (
    allow_egress,
    allow_ingress_controller,
    allow_proxy,
    backup_readers,
    read_by_backups,
    senders_of_mail,
    users_of_sites,
)
from openedx_infra.components.network.extras import allow_extras_egress, extra_flows
from openedx_infra.components.network.reached import store_pods
from openedx_infra.config import Stack
from openedx_infra.kubernetes.network_policies import Flow, Group, NetworkPolicies
from openedx_infra.services.of_stack import companions, services
from openedx_infra.settings.servers.static_files import STATIC_PORT


def isolate(instance: Instance, stores: Datastores, parent: pulumi.Resource) -> None:
    """Pods of the platform reach all servers, each other, and the Internet; visitors come by the ingress
    controller; everything else is denied."""
    policies = NetworkPolicies(scope=instance.scope, opts=pulumi.ResourceOptions(parent=parent))
    policies.deny_all()
    allow_names(policies, instance.stack)
    flows = (
        _among_sites,
        partial(_to_stores, stores=stores),
        _to_services,
        partial(companion_flows, stores=stores),
        partial(extra_flows, stores=stores),
        development_flows,
    )
    policies.allow_flows([flow for each in flows for flow in each(policies, instance.stack)])
    allow_ingress_controller(instance, policies)
    allow_egress(instance, stores, policies)
    allow_companions_egress(policies, instance.stack, stores)
    allow_extras_egress(policies, instance.stack, stores)
    allow_development_egress(policies, instance.stack)
    allow_proxy(policies, instance.stack)


def allow_names(policies: NetworkPolicies, stack: Stack) -> None:
    """All pods ask the cluster's name servers, but those of services that connect to nobody."""
    dns = stack.network.dns
    servers = Group(name="dns", labels=dns.labels, namespaces=[dns.namespace])
    closed = [companion.name for companion in companions(stack) if companion.parts.closed]
    policies.allow_dns(servers, dns.port, stack.network.name_servers, but=closed)


def _among_sites(policies: NetworkPolicies, stack: Stack) -> Iterator[Flow]:
    """LMS, Studio, workers and scheduled commands ask LMS and Studio, the MFEs' server passes on the request
    for their run-time settings, and pods with static files hand them on to those after them."""
    users, static = users_of_sites(policies, stack), policies.software(STATIC_SERVER)
    yield Flow(clients=[static], server=static, port=STATIC_PORT)
    for suffix in (version.suffix for version in stack.versions):
        lms, studio = policies.component(f"lms{suffix}"), policies.component(f"studio{suffix}")
        yield Flow(clients=[users, policies.software(MFE_SERVER)], server=lms, port=WEB_PORT)
        yield Flow(clients=[users], server=studio, port=WEB_PORT)


def _to_stores(policies: NetworkPolicies, stack: Stack, stores: Datastores) -> Iterator[Flow]:
    platform, senders = policies.software(PLATFORM), senders_of_mail(policies, stack)
    clients: dict[tuple[str, int], list[Group]] = {}
    servers: dict[str, Group] = {}
    for name, store in stores.named().items():
        server = store_pods(policies, name, store.reach)
        if server is None:
            continue
        servers[server.name] = server
        helpers = [policies.software(f"{name}-provision")] if store.administrator else []
        if name == "broker" and scales_by_queues(stack):
            helpers.append(Group(name="keda", labels=KEDA_PODS, namespaces=[stack.cluster.keda_namespace]))
        helpers += [backup_readers(policies)] if name in read_by_backups(stack) else []
        for port in store.reach.ports:
            first = senders if name == "mail" else platform
            clients.setdefault((server.name, port), [first]).extend(helpers)
        if store.reach.members:
            yield from _among_members(name, server, store.reach.members)
    for (server_name, port), allowed in clients.items():
        yield Flow(clients=allowed, server=servers[server_name], port=port)


def _to_services(policies: NetworkPolicies, stack: Stack) -> Iterator[Flow]:
    """What services say themselves of who may connect to them."""
    for service in services(stack):
        if service.clients and service.port is not None:
            clients = [policies.software(name) for name in service.clients]
            yield Flow(clients=clients, server=policies.software(service.label), port=service.port)


def _among_members(name: str, front: Group, members: Members) -> Iterator[Flow]:
    """The members of a server connect to each other; so do the proxy in front of them and their operator."""
    no_proxy = members.pods == front.labels
    group = front if no_proxy else Group(name=f"{name}-members", labels=members.pods)
    operator = Group(
        name=f"{name}-operator", labels=members.operator, namespaces=[members.operator_namespace]
    )
    clients = [group, operator] if no_proxy else [group, front, operator]
    for port in members.ports:
        yield Flow(clients=clients, server=group, port=port)
