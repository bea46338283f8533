"""Which servers does AWS run? From sections of a stack file, whether one instance uses them or many."""

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
    account: Account, said: RdsServer | AuroraServer, password: Password, parent: pulumi.Resource
) -> Server:
    """MySQL on RDS or Aurora. It takes connections on `openedx_infra.aws.mysql.PORT`."""
    if isinstance(said, AuroraServer):
        cluster = Mysql(
            instance_class=said.instance_class,
            user=ADMINISTRATOR,
            password=password,
            backup_days=said.backup_days,
            deletion_protection=said.deletion_protection,
            apply_immediately=said.apply_immediately,
            replicas=said.replicas,
        )
        return aurora.server(account, "mysql", cluster, parent)
    instance = rds.Rds(
        instance_class=said.instance_class,
        user=ADMINISTRATOR,
        password=password,
        backup_days=said.backup_days,
        deletion_protection=said.deletion_protection,
        apply_immediately=said.apply_immediately,
        replicas=said.replicas,
        storage=said.storage,
        storage_limit=said.storage_limit,
        multi_az=said.multi_az,
        blue_green=said.blue_green,
    )
    return rds.server(account, "mysql", instance, parent)


def mongodb(account: Account, said: DocumentdbServer, password: Password, parent: pulumi.Resource) -> Server:
    """DocumentDB. What it can't do is told in `openedx_infra.aws.documentdb`."""
    asked = documentdb.Documentdb(
        version=said.version,
        instance_class=said.instance_class,
        instances=said.instances,
        user=ADMINISTRATOR,
        password=password,
        backup_days=said.backup_days,
        deletion_protection=said.deletion_protection,
    )
    return documentdb.server(account, "mongodb", asked, parent)


def broker(account: Account, said: ValkeyElasticache, password: Password, parent: pulumi.Resource) -> Server:
    """Valkey that never evicts: a lost task is lost work, so it is kept as data are."""
    asked = _valkey(said, password, eviction="noeviction", data=True)
    return elasticache.server(account, "broker", asked, parent)


def cache(account: Account, said: ValkeyElasticache, password: Password, parent: pulumi.Resource) -> Server:
    """Valkey that evicts what was used least recently, and can always be filled again."""
    asked = _valkey(said, password, eviction="allkeys-lru", data=False)
    return elasticache.server(account, "cache", asked, parent)


def _valkey(
    said: ValkeyElasticache,
    password: Password,
    *,
    eviction: Literal["noeviction", "allkeys-lru"],
    data: bool,
) -> elasticache.Valkey:
    return elasticache.Valkey(
        node_type=said.node_type,
        replicas=said.replicas,
        snapshot_days=said.snapshot_days,
        eviction=eviction,
        password=password,
        data=data,
    )


def search(account: Account, said: SearchOpensearch, password: Password, parent: pulumi.Resource) -> Server:
    """OpenSearch."""
    asked = opensearch.Opensearch(
        instance_type=said.instance_type,
        nodes=said.nodes,
        storage=said.storage,
        user=SEARCH_USER,
        password=password,
    )
    return opensearch.server(account, "search", asked, parent)
