"""Where does the data of the instance live, and who answers for it?"""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.core.v1 import PersistentVolumeClaim

from openedx_infra.components.instance import Instance
from openedx_infra.components.meilisearch import meilisearch
from openedx_infra.components.mongodb import mongodb
from openedx_infra.components.mysql import mysql
from openedx_infra.components.smtp import smtp
from openedx_infra.components.valkey import broker, cache
from openedx_infra.kubernetes import volumes


class Datastores(pulumi.ComponentResource):
    """Databases, queues, cache, search, mail relay and the volumes of uploaded files.

    Each attribute is the very resource to depend on, so that nobody waits for a server that it doesn't need.
    """

    def __init__(self, name: str, instance: Instance, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Datastores", name, None, opts)
        self.mysql = mysql(instance, self)
        """MySQL's StatefulSet."""
        self.mongodb = mongodb(instance, self)
        """MongoDB's StatefulSet."""
        self.broker = broker(instance, self)
        """StatefulSet of Valkey as broker."""
        self.cache = cache(instance, self)
        """StatefulSet of Valkey as cache."""
        self.search = meilisearch(instance, self)
        """Meilisearch's StatefulSet."""
        storage = instance.stack.datastores.storage
        self.media = self._shared("media", instance, storage.media)
        """Volume of public uploads."""
        self.private = self._shared("private", instance, storage.private)
        """Volume of private uploads."""
        if instance.stack.mail.delivery.source == "relay":
            smtp(instance, self)
        self.endpoints = instance.endpoints
        """Where the datastores listen."""
        self.register_outputs(addresses(instance))

    def _shared(self, name: str, instance: Instance, size: str) -> PersistentVolumeClaim:
        return volumes.claim(
            name,
            instance.scope,
            size,
            instance.data(self),
            storage_class=instance.stack.cluster.storage_class,
            access_mode=instance.stack.datastores.storage.access_mode,
        )


def addresses(instance: Instance) -> dict[str, str]:
    """Host and port of each datastore, as people read them."""
    at = instance.endpoints
    named = {
        "mysql": at.mysql,
        "mongodb": at.mongodb,
        "broker": at.broker,
        "cache": at.cache,
        "search": at.search,
    }
    return {name: f"{endpoint.host}:{endpoint.port}" for name, endpoint in named.items()}
