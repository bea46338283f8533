"""ElastiCache and OpenSearch as datastores of one instance; all systems know their authorities."""

from __future__ import annotations

import pulumi

from openedx_infra.aws import elasticache, opensearch
from openedx_infra.aws.server import Server
from openedx_infra.components.datastores.aws import servers
from openedx_infra.components.datastores.store import Reach, Store
from openedx_infra.components.instance import Instance
from openedx_infra.config.datastores.search import SearchOpensearch
from openedx_infra.config.datastores.valkey import BrokerElasticache, CacheElasticache
from openedx_infra.settings import connections
from openedx_infra.settings.connections import Endpoint


def broker(
    instance: Instance, config: BrokerElasticache, parent: pulumi.Resource
) -> Store[connections.Valkey]:
    """Celery's queues and the event bus: nothing is evicted."""
    password = instance.secrets["broker_password"]
    return _valkey(servers.broker(instance.on_aws.account, config, password, parent))


def cache(instance: Instance, config: CacheElasticache, parent: pulumi.Resource) -> Store[connections.Valkey]:
    """Django's cache and sessions: what was used least recently goes first."""
    password = instance.secrets["cache_password"]
    return _valkey(servers.cache(instance.on_aws.account, config, password, parent))


def search(
    instance: Instance, config: SearchOpensearch, parent: pulumi.Resource
) -> Store[connections.Search]:
    """OpenSearch. Its master user is the platform's: nothing but its indexes is there, which are derived."""
    password = instance.secrets["search_password"]
    server = servers.search(instance.on_aws.account, config, password, parent)
    return Store(
        connection=server.host.apply(lambda host: _opensearch(host)),
        reach=Reach(ports=(opensearch.PORT,)),
        ready=server.ready,
    )


def _valkey(server: Server) -> Store[connections.Valkey]:
    return Store(
        connection=server.host.apply(lambda host: _at(host)),
        reach=Reach(ports=(elasticache.PORT,)),
        ready=server.ready,
    )


def _at(host: str) -> connections.Valkey:
    return connections.Valkey(
        endpoint=Endpoint(host=host, port=elasticache.PORT), tls=connections.Tls(), authenticated=True
    )


def _opensearch(host: str) -> connections.Search:
    return connections.Search(
        engine="opensearch",
        endpoint=Endpoint(host=host, port=opensearch.PORT),
        tls=connections.Tls(),
        user=servers.SEARCH_USER,
    )
