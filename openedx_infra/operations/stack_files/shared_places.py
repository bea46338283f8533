"""Where a stack keeps data on servers that somebody else runs: no two instances may have the same place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from openedx_infra.config import Stack
from openedx_infra.config.datastores.mongodb import MongodbExternal
from openedx_infra.config.datastores.mysql import MysqlExternal
from openedx_infra.config.datastores.storage import StorageExternal
from openedx_infra.config.datastores.valkey import ValkeyExternal
from openedx_infra.config.load import PLACEHOLDER


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place on a server."""

    server: str
    """Name or address of the server, as the stack file has it."""
    name: str
    """What is there, such as `MySQL database openedx`."""
    word: str = field(compare=False)
    """A word of every stack file that has the place: host of the server, or name of the bucket."""


def places(stack: Stack) -> dict[Place, str]:
    """All places of a stack that are decided, each with the key that would move it."""
    found = (*_databases(stack), *_queues(stack), *_buckets(stack))
    return {place: key for place, key in found if PLACEHOLDER not in f"{place.server} {place.name}"}


def _databases(stack: Stack) -> Iterator[tuple[Place, str]]:
    mysql, mongodb = stack.datastores.mysql, stack.datastores.mongodb
    if isinstance(mysql, MysqlExternal):
        name = f"MySQL database {mysql.database}"
        place = Place(server=f"{mysql.host}:{mysql.port}", name=name, word=mysql.host)
        yield place, "openedx:datastores.mysql.database"
    if isinstance(mongodb, MongodbExternal):
        servers = {f"{each.host}:{each.port}": each.host for each in mongodb.members}
        for server, host in ({mongodb.srv: mongodb.srv} if mongodb.srv else servers).items():
            place = Place(server=server, name=f"MongoDB database {mongodb.database}", word=host)
            yield place, "openedx:datastores.mongodb.database"


def _queues(stack: Stack) -> Iterator[tuple[Place, str]]:
    """Databases of Redis and Valkey, where keys and queues of two instances have the same names."""
    stores: Mapping[str, object] = {"broker": stack.datastores.broker, "cache": stack.datastores.cache}
    for store, server in stores.items():
        if isinstance(server, ValkeyExternal):
            name, host = f"Redis database {server.database}", server.host
            servers = {f"{each.host}:{each.port} ({server.master})": each.host for each in server.sentinels}
            for address, word in ({f"{host}:{server.port}": host} if host else servers).items():
                yield Place(server=address, name=name, word=word), f"openedx:datastores.{store}.database"


def _buckets(stack: Stack) -> Iterator[tuple[Place, str]]:
    storage, backups = stack.datastores.storage, stack.backups
    if isinstance(storage, StorageExternal):
        for kind, bucket in storage.buckets.model_dump().items():
            place = Place(server=storage.endpoint, name=f"bucket {bucket}", word=bucket)
            yield place, f"openedx:datastores.storage.buckets.{kind}"
    if backups:
        to = backups.destination
        name = f"folder {to.folder or stack.name} of bucket {to.bucket}"
        yield Place(server=to.url, name=name, word=to.bucket), "openedx:backups.destination.folder"
    if server := _tracking_server(stack):
        tracking = stack.monitoring.tracking
        assert tracking and tracking.bucket
        name = f"folder {tracking.folder} of bucket {tracking.bucket}"
        yield Place(server=server, name=name, word=tracking.bucket), "openedx:monitoring.tracking.folder"


def _tracking_server(stack: Stack) -> str:
    """The server of a bucket of tracking events that others may use, too; empty where there is none."""
    storage, tracking = stack.datastores.storage, stack.monitoring.tracking
    if tracking is None or tracking.bucket is None:
        return ""
    if tracking.server:
        return tracking.server.url
    return storage.endpoint if isinstance(storage, StorageExternal) else ""
