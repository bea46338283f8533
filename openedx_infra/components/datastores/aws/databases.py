"""MySQL on RDS and Aurora, and DocumentDB, as datastores of one instance."""

from __future__ import annotations

import pulumi

from openedx_infra.aws import documentdb as docdb
from openedx_infra.aws import mysql as engine
from openedx_infra.components.datastores.aws import servers
from openedx_infra.components.datastores.store import Administrator, Reach, Store
from openedx_infra.components.instance import Instance
from openedx_infra.config.datastores.mongodb import MongodbDocumentdb
from openedx_infra.config.datastores.mysql import MysqlAurora, MysqlRds
from openedx_infra.settings import connections, paths
from openedx_infra.settings.connections import Endpoint


def mysql(
    instance: Instance, config: MysqlRds | MysqlAurora, parent: pulumi.Resource
) -> Store[connections.Mysql]:
    """MySQL on RDS or Aurora, with its database and user made by a Job."""
    password = instance.secrets["mysql_root_password"]
    server = servers.mysql(instance.on_aws.account, config, password, parent)
    hosts = pulumi.Output.all(server.host, server.replica)
    return Store(
        connection=hosts.apply(lambda addresses: _mysql(config, addresses[0], addresses[1])),
        reach=Reach(ports=(engine.PORT,)),
        ready=server.ready,
        administrator=Administrator(user=servers.ADMINISTRATOR, password=password),
    )


def mongodb(
    instance: Instance, config: MongodbDocumentdb, parent: pulumi.Resource
) -> Store[connections.Mongodb]:
    """DocumentDB, with its user made by a Job.

    Unproven with Open edX. Of what `openedx_infra.aws.documentdb` tells, two things matter: writes are never
    tried again by themselves, and on 5.0 Studio fails where it sorts a course's files by name, as that asks
    for a collation.
    """
    password = instance.secrets["mongodb_root_password"]
    server = servers.mongodb(instance.on_aws.account, config, password, parent)
    return Store(
        connection=server.host.apply(lambda host: _mongodb(config, host)),
        reach=Reach(ports=(docdb.PORT,)),
        ready=server.ready,
        administrator=Administrator(user=servers.ADMINISTRATOR, password=password),
    )


def _mysql(config: MysqlRds | MysqlAurora, host: str, replica: str | None) -> connections.Mysql:
    return connections.Mysql(
        endpoint=Endpoint(host=host, port=engine.PORT),
        database=config.database,
        user=config.user,
        tls=_tls("mysql"),
        replica=Endpoint(host=replica, port=engine.PORT) if replica else None,
        history_database=config.history_database,
    )


def _mongodb(config: MongodbDocumentdb, host: str) -> connections.Mongodb:
    return connections.Mongodb(
        members=(Endpoint(host=host, port=docdb.PORT),),
        database=config.database,
        user=config.user,
        auth_database=docdb.AUTH_DATABASE,
        replica_set=docdb.REPLICA_SET,
        tls=_tls("mongodb"),
        retry_writes=False,
    )


def _tls(store: str) -> connections.Tls:
    """By the authorities of RDS, which no system knows."""
    return connections.Tls(ca=f"{paths.CERTIFICATES_DIR}/{store}-ca.pem")
