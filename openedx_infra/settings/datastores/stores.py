"""Settings of MySQL, MongoDB, caches and search, put together."""

from __future__ import annotations

from collections.abc import Mapping

from openedx_infra.config import Stack
from openedx_infra.settings.connections import Connections
from openedx_infra.settings.datastores.caches import cache_secrets, caches
from openedx_infra.settings.datastores.mongodb import mongodb, mongodb_secrets
from openedx_infra.settings.datastores.mysql import mysql, mysql_secrets
from openedx_infra.settings.datastores.search import search, search_secrets
from openedx_infra.settings.merging import Settings


def stores(stack: Stack, connections: Connections) -> Settings:
    """MySQL, MongoDB, caches, sessions and search, as far as they are not secret."""
    return {
        **mysql(connections.mysql),
        **mongodb(connections.mongodb),
        **caches(connections.cache),
        **search(stack, connections.search),
    }


def store_secrets(connections: Connections, secrets: Mapping[str, str]) -> Settings:
    """The passwords of the same."""
    return {
        **mysql_secrets(connections.mysql, secrets),
        **mongodb_secrets(connections.mongodb, secrets),
        **cache_secrets(connections.cache, secrets),
        **search_secrets(connections.search, secrets),
    }
