"""Component of the datastores, and of the way that mail goes: seven, each from its own source."""

from __future__ import annotations

from typing import Any

import pulumi

from openedx_infra.components.datastores import sources
from openedx_infra.components.datastores.store import Store
from openedx_infra.components.instance import Instance
from openedx_infra.settings.connections import Connections, Valkey, Volumes


class Datastores(pulumi.ComponentResource):
    """Databases, queues, cache, search, uploaded files, and the way that mail goes.

    Each attribute says what to wait for, so that nobody waits for a server that it doesn't need.
    """

    def __init__(self, name: str, instance: Instance, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Datastores", name, None, opts)
        datastores = instance.stack.datastores
        self.mysql = sources.mysql(instance, datastores.mysql, self)
        """MySQL."""
        self.mongodb = sources.mongodb(instance, datastores.mongodb, self)
        """MongoDB."""
        self.broker = sources.broker(instance, datastores.broker, self)
        """Celery's broker and the event bus."""
        self.cache = sources.cache(instance, datastores.cache, self)
        """Django's cache."""
        self.search = sources.search(instance, datastores.search, self)
        """The search engine."""
        self.storage = sources.storage(instance, datastores.storage, self)
        """Uploaded files."""
        self.mail = sources.mail(instance, instance.stack.mail.delivery, self)
        """The way that mail goes."""
        self.connections: pulumi.Output[Connections] = pulumi.Output.all(
            **{name: store.connection for name, store in self.named().items()}
        ).apply(_together)
        """How to reach all of them."""
        self.register_outputs({})

    def named(self) -> dict[str, Store[Any]]:
        """All of them, by their names in `Connections`."""
        return {name: getattr(self, name) for name in Connections.__dataclass_fields__}


def _together(by_name: dict[str, Any]) -> Connections:
    return Connections(**by_name)


def buckets(connections: Connections) -> dict[str, str]:
    """Names of its buckets by what they are for. None, where files lie on volumes."""
    storage = connections.storage
    if isinstance(storage, Volumes):
        return {}
    return {str(purpose): name for purpose, name in storage.names.items()}


def addresses(connections: Connections) -> dict[str, str]:
    """Where each of them is, as people read it. No password is in it."""
    return {
        "mysql": str(connections.mysql.endpoint),
        "mongodb": connections.mongodb.srv or ",".join(map(str, connections.mongodb.members)),
        "broker": _valkey(connections.broker),
        "cache": _valkey(connections.cache),
        "search": connections.search.url,
        "storage": "volumes"
        if isinstance(connections.storage, Volumes)
        else connections.storage.endpoint or "Amazon S3",
    }


def _valkey(server: Valkey) -> str:
    return str(server.endpoint) if server.endpoint else ",".join(map(str, server.sentinels))
