"""Who in an instance talks to whom?"""

from __future__ import annotations

import pulumi

from openedx_infra.components.datastores import Datastores
from openedx_infra.components.in_cluster import meilisearch, object_storage
from openedx_infra.components.instance import MFE_PORT, PLATFORM, WEB_PORT, Instance
from openedx_infra.components.mfe import SOFTWARE as MFE_SERVER
from openedx_infra.components.proxies import PODS
from openedx_infra.config.datastores.search import SearchInCluster
from openedx_infra.config.datastores.storage import StorageInCluster
from openedx_infra.config.mail import MailRelay
from openedx_infra.kubernetes.isolation import Flow, Isolation
from openedx_infra.kubernetes.names import NAME


def isolate(instance: Instance, stores: Datastores, parent: pulumi.Resource) -> None:
    """Nothing but these: pods of the platform reach all servers, each other, and the web; visitors come by
    the ingress."""
    isolation = Isolation(scope=instance.scope, opts=pulumi.ResourceOptions(parent=parent))
    isolation.deny_all()
    isolation.allow_dns()
    isolation.allow_flows(_flows(stores))
    visited = {PLATFORM: WEB_PORT, MFE_SERVER: MFE_PORT}
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
    if isinstance(instance.stack.mail.delivery, MailRelay):
        isolation.allow_internet("smtp", [25])


def _flows(stores: Datastores) -> list[Flow]:
    # LMS and Studio ask each other, and the MFEs' server passes on the request for their run-time settings.
    flows = {(PLATFORM, WEB_PORT): [PLATFORM, MFE_SERVER]}
    for name, store in stores.named().items():
        pods = store.reach.pods
        if pods is None:
            continue
        helpers = [f"{name}-provision"] if store.administrator else []
        for port in store.reach.ports:
            flows.setdefault((pods[NAME], port), [PLATFORM]).extend(helpers)
    return [Flow(clients=clients, server=server, port=port) for (server, port), clients in flows.items()]
