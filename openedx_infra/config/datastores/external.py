"""Which datastores does somebody else run, and how are connections to them encrypted?"""

from __future__ import annotations

from openedx_infra.config.datastores import Datastores
from openedx_infra.config.datastores.common import Tls
from openedx_infra.config.datastores.mongodb import MongodbExternal
from openedx_infra.config.datastores.mysql import MysqlExternal
from openedx_infra.config.datastores.search import SearchExternal
from openedx_infra.config.datastores.valkey import BrokerExternal, CacheExternal


def encryption(datastores: Datastores) -> dict[str, Tls]:
    """The encryption that is said of servers outside, by the names of the datastores."""
    found: dict[str, Tls] = {}
    for name in ("mysql", "mongodb", "broker", "cache", "search"):
        match getattr(datastores, name):
            case MysqlExternal(tls=Tls() as tls) | MongodbExternal(tls=Tls() as tls):
                found[name] = tls
            case BrokerExternal(tls=Tls() as tls) | CacheExternal(tls=Tls() as tls):
                found[name] = tls
            case SearchExternal(tls=Tls() as tls):
                found[name] = tls
    return found
