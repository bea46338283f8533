"""Who in an instance talks to whom?"""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from openedx_infra.components.datastores import Datastores
from openedx_infra.components.in_cluster import meilisearch, object_storage
from openedx_infra.components.instance import MFE_PORT, PLATFORM, WEB_PORT, Instance
from openedx_infra.components.mfe import SOFTWARE as MFE_SERVER
from openedx_infra.components.proxies import PODS
from openedx_infra.components.static import SOFTWARE as STATIC_SERVER
from openedx_infra.components.store import Members, Reach
from openedx_infra.config.datastores.search import SearchInCluster
from openedx_infra.config.datastores.storage import StorageInCluster
from openedx_infra.config.mail import MailRelay
from openedx_infra.kubernetes.isolation import Flow, Group, Isolation
from openedx_infra.kubernetes.names import NAME
from openedx_infra.settings.static_files import STATIC_PORT


def isolate(instance: Instance, stores: Datastores, parent: pulumi.Resource) -> None:
    """Nothing but these: pods of the platform reach all servers, each other, and the web; visitors come by
    the ingress."""
    isolation = Isolation(scope=instance.scope, opts=pulumi.ResourceOptions(parent=parent))
    isolation.deny_all()
    isolation.allow_dns()
    isolation.allow_flows([*_among_sites(isolation), *_to_stores(isolation, stores)])
    visited = {PLATFORM: WEB_PORT, MFE_SERVER: MFE_PORT, STATIC_SERVER: STATIC_PORT}
    if isinstance(instance.stack.datastores.search, SearchInCluster):
        visited[meilisearch.SOFTWARE] = meilisearch.PORT
    if isinstance(instance.stack.datastores.storage, StorageInCluster):
        visited[object_storage.SOFTWARE] = object_storage.PORT
    isolation.allow_visitors(visited, PODS[instance.stack.cluster.ingress_controller])
    # Logins, LTI tools, video transcripts and webhooks are all over the web.
    outside = {
        port for store in stores.named().values() if not store.reach.pods for port in store.reach.ports
    }
    isolation.allow_internet(PLATFORM, sorted({80, 443, *outside}))
    for name, store in stores.named().items():
        if store.administrator and not store.reach.pods:
            isolation.allow_internet(f"{name}-provision", store.reach.ports)
    if isinstance(instance.stack.mail.delivery, MailRelay):
        isolation.allow_internet("smtp", [25])
    if instance.aws and instance.aws.agent:
        isolation.allow_credentials_agent(PLATFORM)


def _among_sites(isolation: Isolation) -> Iterator[Flow]:
    """LMS and Studio ask each other, the MFEs' server passes on the request for their run-time settings, and
    pods with static files hand them on to those after them."""
    platform, static = isolation.software(PLATFORM), isolation.software(STATIC_SERVER)
    yield Flow(clients=[static], server=static, port=STATIC_PORT)
    yield Flow(clients=[platform, isolation.software(MFE_SERVER)], server=platform, port=WEB_PORT)


def _to_stores(isolation: Isolation, stores: Datastores) -> Iterator[Flow]:
    platform = isolation.software(PLATFORM)
    clients: dict[tuple[str, int], list[Group]] = {}
    servers: dict[str, Group] = {}
    for name, store in stores.named().items():
        server = _server(isolation, name, store.reach)
        if server is None:
            continue
        servers[server.name] = server
        helpers = [isolation.software(f"{name}-provision")] if store.administrator else []
        for port in store.reach.ports:
            clients.setdefault((server.name, port), [platform]).extend(helpers)
        if store.reach.members:
            yield from _among_members(name, server, store.reach.members)
    for (server_name, port), allowed in clients.items():
        yield Flow(clients=allowed, server=servers[server_name], port=port)


def _server(isolation: Isolation, name: str, reach: Reach) -> Group | None:
    """The pods that answer for a datastore: several datastores may be one software. None: it is outside."""
    if reach.pods is None:
        return None
    if reach.members is None:
        return isolation.software(reach.pods[NAME])
    return Group(name=name, labels=reach.pods)


def _among_members(name: str, front: Group, members: Members) -> Iterator[Flow]:
    """They, what is in front of them, and the operator connect to them."""
    alone = members.pods == front.labels
    group = front if alone else Group(name=f"{name}-members", labels=members.pods)
    operator = Group(name=f"{name}-operator", labels=members.operator, anywhere=True)
    clients = [group, operator] if alone else [group, front, operator]
    for port in members.ports:
        yield Flow(clients=clients, server=group, port=port)
