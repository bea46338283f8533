"""The sections of the datastores. `source` chooses who runs each.

Whatever the source, the rest of the program sees a connection (`settings/connections.py`) and nothing else.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from openedx_infra.config.datastores.common import Tls
from openedx_infra.config.datastores.mongodb import Mongodb, MongodbInCluster
from openedx_infra.config.datastores.mysql import Mysql, MysqlInCluster
from openedx_infra.config.datastores.search import Search, SearchInCluster
from openedx_infra.config.datastores.storage import Storage, StorageVolumes
from openedx_infra.config.datastores.valkey import Broker, BrokerInCluster, Cache, CacheInCluster
from openedx_infra.config.types.base import Distinct, Section, Switch

DatastoreName = Literal["mysql", "mongodb", "broker", "cache", "search", "storage"]
"""A datastore by its key."""


class Datastores(Section):
    """All datastores, each with a source of its own."""

    mysql: Mysql = MysqlInCluster()
    """The relational database: accounts, enrolments, grades, and nearly everything else."""
    mongodb: Mongodb = MongodbInCluster()
    """The course database: the structure of courses and their uploaded files."""
    broker: Broker = BrokerInCluster()
    """Task queues and event bus."""
    cache: Cache = CacheInCluster()
    """The cache."""
    search: Search = SearchInCluster()
    """The search engine."""
    storage: Storage = StorageVolumes()
    """Uploaded files."""
    protect: Switch = True
    """Refuse to delete or replace anything that holds data: volumes, databases, buckets, and the namespace
    around them.
    Set it to false, and run `up` once, before a `destroy` that shall take the data with it."""
    moved: Annotated[tuple[DatastoreName, ...], Distinct] = ()
    """Datastores whose data was moved to where this file now says that it is: their immutable keys may change
    with the next `up`, which keeps the old volumes and databases. Remove it afterwards."""

    @property
    def encryption(self) -> dict[str, Tls]:
        """What is set of encryption, by the names of the datastores whose servers somebody else runs."""
        settings = {name: getattr(getattr(self, name), "tls", None) for name in get_args(DatastoreName)}
        return {name: tls for name, tls in settings.items() if isinstance(tls, Tls)}


__all__ = ["DatastoreName", "Datastores"]
