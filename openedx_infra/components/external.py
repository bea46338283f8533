"""How are servers reached that somebody else runs? Nothing is made; what the stack file says becomes a
connection."""

from __future__ import annotations

from openedx_infra.components.instance import Instance
from openedx_infra.components.store import FileStore, Reach, Store
from openedx_infra.config.datastores.mongodb import MongodbExternal
from openedx_infra.config.datastores.mysql import MysqlExternal
from openedx_infra.config.datastores.search import SearchExternal
from openedx_infra.config.datastores.storage import StorageExternal
from openedx_infra.config.datastores.valkey import BrokerExternal, CacheExternal
from openedx_infra.config.mail import MailSmtp
from openedx_infra.settings import connections
from openedx_infra.settings.connections import Endpoint


def mysql(instance: Instance, said: MysqlExternal) -> Store[connections.Mysql]:
    """A MySQL server."""
    raise NotImplementedError


def mongodb(instance: Instance, said: MongodbExternal) -> Store[connections.Mongodb]:
    """A MongoDB server or replica set."""
    raise NotImplementedError


def broker(instance: Instance, said: BrokerExternal) -> Store[connections.Valkey]:
    """A broker."""
    raise NotImplementedError


def cache(instance: Instance, said: CacheExternal) -> Store[connections.Valkey]:
    """A cache."""
    raise NotImplementedError


def search(instance: Instance, said: SearchExternal) -> Store[connections.Search]:
    """A search server."""
    raise NotImplementedError


def storage(instance: Instance, said: StorageExternal) -> FileStore:
    """Buckets."""
    raise NotImplementedError


def mail(instance: Instance, said: MailSmtp) -> Store[connections.Smtp]:
    """A mail server."""
    return Store(
        connection=connections.Smtp(
            at=Endpoint(host=said.host, port=said.port), security=said.security, user=said.username
        ),
        reach=Reach(ports=(said.port,)),
    )
