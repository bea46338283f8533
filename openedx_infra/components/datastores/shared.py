"""Servers that an instance shares with others: those of its foundation stack, by its contract.

All are AWS': encrypted, and reached from the cluster by their usual ports. What an instance keeps on one that
has no users of its own begins with the stack's name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pulumi

from openedx_infra.components.datastores.store import Administrator, Reach, Store
from openedx_infra.components.instance import Instance
from openedx_infra.config.datastores.mongodb import MongodbShared
from openedx_infra.config.datastores.mysql import MysqlShared
from openedx_infra.config.datastores.search import SearchShared
from openedx_infra.config.datastores.valkey import BrokerShared, CacheShared, ValkeyShared
from openedx_infra.config.foundation.contract import PASSWORDS, PORTS, Contract, SharedServer
from openedx_infra.settings import connections, paths
from openedx_infra.settings.connections import Endpoint

AUTH_DATABASE, REPLICA_SET = "admin", "rs0"
"""Where DocumentDB keeps users, and what it calls itself: as `openedx_infra.aws.documentdb` has it, whose
library nobody else shall wait for."""

Connection = TypeVar("Connection")


def mysql(instance: Instance, section: MysqlShared) -> Store[connections.Mysql]:
    """A database of its own on the shared MySQL server."""

    def connection(server: SharedServer) -> connections.Mysql:
        return connections.Mysql(
            endpoint=_at(server),
            database=section.database,
            user=section.user,
            tls=_by_authority("mysql"),
            replica=Endpoint(host=server.reader, port=server.port) if server.reader else None,
            history_database=section.history_database,
        )

    return _store(instance, "mysql", connection, administrator=_administrator(instance, "mysql"))


def mongodb(instance: Instance, section: MongodbShared) -> Store[connections.Mongodb]:
    """A database of its own on the shared MongoDB server."""

    def connection(server: SharedServer) -> connections.Mongodb:
        return connections.Mongodb(
            members=(_at(server),),
            database=section.database,
            user=section.user,
            auth_database=AUTH_DATABASE,
            replica_set=REPLICA_SET,
            tls=_by_authority("mongodb"),
            retry_writes=False,
        )

    return _store(instance, "mongodb", connection, administrator=_administrator(instance, "mongodb"))


def broker(instance: Instance, section: BrokerShared) -> Store[connections.Valkey]:
    """Queues of its own on the shared broker."""
    return _store(instance, "broker", _valkey(instance, section))


def cache(instance: Instance, section: CacheShared) -> Store[connections.Valkey]:
    """Keys of its own on the shared cache."""
    return _store(instance, "cache", _valkey(instance, section))


def search(instance: Instance, section: SearchShared) -> Store[connections.Search]:
    """Indexes of its own on the shared search server."""

    def connection(server: SharedServer) -> connections.Search:
        return connections.Search(
            engine="opensearch", endpoint=_at(server), tls=connections.Tls(), user=server.administrator
        )

    return _store(instance, "search", connection)


def _store(
    instance: Instance,
    name: str,
    connection: Callable[[SharedServer], Connection],
    administrator: Administrator | None = None,
) -> Store[Connection]:
    return Store(
        connection=_server(instance, name).apply(connection),
        reach=Reach(ports=(PORTS[name],)),
        administrator=administrator,
    )


def _server(instance: Instance, name: str) -> pulumi.Output[SharedServer]:
    """What the contract says of a server, which it was found to hold before anything is sent."""
    if instance.foundation is None:
        raise pulumi.RunError(f"openedx:foundation: missing: {name} would be the foundation's")

    def promised(contract: Contract) -> SharedServer:
        server: SharedServer = getattr(contract, name)
        return server

    return instance.foundation.apply(promised)


def _administrator(instance: Instance, name: str) -> Administrator:
    """Who makes the instance's database and user. The password is the foundation's."""
    user = _server(instance, name).apply(lambda server: server.administrator or "")
    return Administrator(user=user, password=instance.secrets[PASSWORDS[name]])


def _valkey(instance: Instance, section: ValkeyShared) -> Callable[[SharedServer], connections.Valkey]:
    def connection(server: SharedServer) -> connections.Valkey:
        return connections.Valkey(
            endpoint=_at(server),
            database=section.database,
            tls=connections.Tls(),
            prefix=f"{instance.stack.name}:",
        )

    return connection


def _at(server: SharedServer) -> Endpoint:
    return Endpoint(host=server.host, port=server.port)


def _by_authority(store: str) -> connections.Tls:
    """By the authorities of RDS, which no system knows."""
    return connections.Tls(ca=f"{paths.CERTIFICATES_DIR}/{store}-ca.pem")
