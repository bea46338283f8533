"""Servers on AWS as sections of a stack file describe them, whether one instance uses them or many."""

from __future__ import annotations

from typing import Literal

import pulumi

from openedx_infra.aws import aurora, documentdb, elasticache, opensearch, rds
from openedx_infra.aws.account import Account
from openedx_infra.aws.mysql import Mysql
from openedx_infra.aws.server import Server
from openedx_infra.config.datastores.mongodb import DocumentdbServer
from openedx_infra.config.datastores.mysql import AuroraServer, RdsServer
from openedx_infra.config.datastores.search import SearchOpensearch
from openedx_infra.config.datastores.valkey import ValkeyElasticache

ADMINISTRATOR = "administrator"
"""Who makes databases and users. DocumentDB takes neither `admin` nor `root`."""
SEARCH_USER = "openedx"
"""Master user of OpenSearch."""

Password = pulumi.Input[str]


def mysql(
    account: Account, config: RdsServer | AuroraServer, password: Password, parent: pulumi.Resource
) -> Server:
    """MySQL on RDS or Aurora. It takes connections on `openedx_infra.aws.mysql.PORT`."""
    spec = Mysql(
        instance_class=config.instance_class,
        user=ADMINISTRATOR,
        password=password,
        backup_days=config.backup_days,
        deletion_protection=config.deletion_protection,
        apply_immediately=config.apply_immediately,
        replicas=config.replicas,
    )
    if isinstance(config, AuroraServer):
        return aurora.server(account, "mysql", spec, parent)
    options = rds.Options(
        storage=config.storage,
        storage_limit=config.storage_limit,
        multi_az=config.multi_az,
        blue_green=config.blue_green,
    )
    return rds.server(account, "mysql", spec, options, parent)


def mongodb(
    account: Account, config: DocumentdbServer, password: Password, parent: pulumi.Resource
) -> Server:
    """DocumentDB. What it can't do is told in `openedx_infra.aws.documentdb`."""
    spec = documentdb.Documentdb(
        version=config.version,
        instance_class=config.instance_class,
        instances=config.instances,
        user=ADMINISTRATOR,
        password=password,
        backup_days=config.backup_days,
        deletion_protection=config.deletion_protection,
    )
    return documentdb.server(account, "mongodb", spec, parent)


def broker(
    account: Account, config: ValkeyElasticache, password: Password, parent: pulumi.Resource
) -> Server:
    """Valkey that never evicts: a lost task is lost work, so it is kept as data are."""
    spec = _valkey(config, password, eviction="noeviction", data=True)
    return elasticache.server(account, "broker", spec, parent)


def cache(account: Account, config: ValkeyElasticache, password: Password, parent: pulumi.Resource) -> Server:
    """Valkey that evicts what was used least recently, and can always be filled again."""
    spec = _valkey(config, password, eviction="allkeys-lru", data=False)
    return elasticache.server(account, "cache", spec, parent)


def _valkey(
    config: ValkeyElasticache,
    password: Password,
    *,
    eviction: Literal["noeviction", "allkeys-lru"],
    data: bool,
) -> elasticache.Valkey:
    return elasticache.Valkey(
        node_type=config.node_type,
        replicas=config.replicas,
        snapshot_days=config.snapshot_days,
        eviction=eviction,
        password=password,
        data=data,
    )


def search(account: Account, config: SearchOpensearch, password: Password, parent: pulumi.Resource) -> Server:
    """OpenSearch."""
    spec = opensearch.Opensearch(
        instance_type=config.instance_type,
        nodes=config.nodes,
        storage=config.storage,
        user=SEARCH_USER,
        password=password,
    )
    return opensearch.server(account, "search", spec, parent)
