"""Which servers does an instance share with others? Those of its foundation stack, as its contract tells."""

from __future__ import annotations

from openedx_infra.components.instance import Instance
from openedx_infra.components.store import Store
from openedx_infra.config.datastores.mongodb import MongodbShared
from openedx_infra.config.datastores.mysql import MysqlShared
from openedx_infra.config.datastores.search import SearchShared
from openedx_infra.config.datastores.valkey import BrokerShared, CacheShared
from openedx_infra.settings import connections


def mysql(instance: Instance, said: MysqlShared) -> Store[connections.Mysql]:
    """A database of its own on the shared MySQL server."""
    raise NotImplementedError


def mongodb(instance: Instance, said: MongodbShared) -> Store[connections.Mongodb]:
    """A database of its own on the shared MongoDB server."""
    raise NotImplementedError


def broker(instance: Instance, said: BrokerShared) -> Store[connections.Valkey]:
    """Queues of its own on the shared broker."""
    raise NotImplementedError


def cache(instance: Instance, said: CacheShared) -> Store[connections.Valkey]:
    """Keys of its own on the shared cache."""
    raise NotImplementedError


def search(instance: Instance, said: SearchShared) -> Store[connections.Search]:
    """Indexes of its own on the shared search server."""
    raise NotImplementedError
