"""Rules for databases, broker, cache and uploaded files; search has its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from openedx_infra.config.datastores.mongodb import MongodbDocumentdb, MongodbExternal, MongodbShared
from openedx_infra.config.datastores.mysql import MysqlExternal, MysqlRds, RdsServer
from openedx_infra.config.datastores.storage import StorageExternal
from openedx_infra.config.datastores.valkey import BrokerExternal, CacheExternal, ValkeyExternal
from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.stack import Stack

_MYSQL: Location = ("datastores", "mysql")
_MONGODB: Location = ("datastores", "mongodb")
_STORAGE: Location = ("datastores", "storage")


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    said = stack.datastores
    yield from _history(stack)
    if isinstance(said.mysql, MysqlRds):
        yield from little_room(said.mysql)
    if isinstance(said.mongodb, MongodbExternal):
        yield from _members(said.mongodb)
    if isinstance(said.mongodb, MongodbDocumentdb | MongodbShared):
        yield from _experimental(said.mongodb)
    if isinstance(said.broker, BrokerExternal):
        yield from _one_server(("datastores", "broker"), said.broker)
    if isinstance(said.cache, CacheExternal):
        yield from _one_server(("datastores", "cache"), said.cache)
    if isinstance(said.broker, BrokerExternal) and isinstance(said.cache, CacheExternal):
        yield from _apart(said.broker, said.cache)
    yield from _tls(stack)
    if isinstance(said.storage, StorageExternal):
        yield from _buckets(said.storage)
        yield from _public_files(stack, said.storage)


def _history(stack: Stack) -> Iterator[Conflict]:
    said = stack.datastores.mysql
    place, host = (*_MYSQL, "history_database"), (*_MYSQL, "history_host")
    elsewhere = isinstance(said, MysqlExternal) and said.history_host not in (None, said.host)
    if isinstance(said, MysqlExternal) and said.history_host and said.history_database is None:
        yield Conflict(place, "missing beside `history_host`: name the database that is there", (host,))
    if said.history_database and not elsewhere and said.history_database.lower() == said.database.lower():
        text = (
            f"{said.history_database} is `database`, too: name another one, or leave it out, so that the "
            "history is kept with everything else"
        )
        yield Conflict(place, text, ((*_MYSQL, "database"), host))


def little_room(said: RdsServer) -> Iterator[Conflict]:
    """A disk of RDS that could hardly grow."""
    if said.storage_limit * 10 < said.storage * 11:
        text = (
            f"{said.storage_limit} leaves no room beyond `storage` ({said.storage}), and AWS wants at least "
            f"a tenth: write {-(-said.storage * 11 // 10)} or more"
        )
        yield Conflict((*_MYSQL, "storage_limit"), text, ((*_MYSQL, "storage"),))


def _members(said: MongodbExternal) -> Iterator[Conflict]:
    members, srv, replica_set = (*_MONGODB, "members"), (*_MONGODB, "srv"), (*_MONGODB, "replica_set")
    if not said.members and said.srv is None:
        text = "missing: say the servers here, or the name of their DNS records as `srv`"
        yield Conflict(members, text, (srv,))
    if said.members and said.srv is not None:
        text = f"{said.srv} stands beside `members`, and one of them would be ignored: say only one"
        yield Conflict(srv, text, (members,))
    if said.srv is not None and (said.srv.count(".") < 2 or said.srv.rpartition(".")[2].isdigit()):
        text = f"{said.srv} has no DNS records that list servers: write a name of at least three labels"
        yield Conflict(srv, text)
    if len(said.members) > 1 and said.replica_set is None:
        text = "missing: several `members` are servers of a replica set, and its name is checked by each"
        yield Conflict(replica_set, text, (members,))
    for (_, first), (index, second) in combinations(enumerate(said.members), 2):
        if first == second:
            text = f"{second.host}:{second.port} is named twice: name each server once"
            yield Conflict((*members, index), text)


def _experimental(said: MongodbDocumentdb | MongodbShared) -> Iterator[Conflict]:
    if not said.experimental:
        text = (
            "must be true with Amazon DocumentDB, on which nobody is known to run Open edX: before 8.0 it "
            "knows no collation, so that Studio can't sort a course's files by name, and before 8.0.2 no "
            "retryable writes, which are switched off. Say that you know, or choose another source"
        )
        yield Conflict((*_MONGODB, "experimental"), text, ((*_MONGODB, "source"),))


def _one_server(place: Location, said: ValkeyExternal) -> Iterator[Conflict]:
    host, sentinels, master = (*place, "host"), (*place, "sentinels"), (*place, "master")
    if said.host is None and not said.sentinels:
        yield Conflict(host, "missing: name the server, or the `sentinels` that know it", (sentinels,))
    if said.host is not None and said.sentinels:
        text = f"{said.host} stands beside `sentinels`, which know the server: say only one"
        yield Conflict(host, text, (sentinels,))
    if said.sentinels and said.master is None:
        text = "missing beside `sentinels`: say what they call the master, as their configuration does"
        yield Conflict(master, text, (sentinels,))
    if said.master is not None and not said.sentinels:
        text = f"{said.master} is known to `sentinels`, and none are said: say them, or leave it out"
        yield Conflict(master, text, (sentinels,))
    if said.username is not None and not said.authenticated:
        text = f"{said.username} stands beside `authenticated: false`: leave out the one or the other"
        yield Conflict((*place, "username"), text, ((*place, "authenticated"),))


def _apart(broker: BrokerExternal, cache: CacheExternal) -> Iterator[Conflict]:
    """Clearing the cache would delete tasks that wait."""
    if (broker.host, broker.port, broker.sentinels, broker.master, broker.database) == (
        cache.host,
        cache.port,
        cache.sentinels,
        cache.master,
        cache.database,
    ) and (broker.host or broker.sentinels):
        text = (
            f"{cache.database} is the broker's, too, and clearing the cache would delete tasks that wait: "
            "write another number, or better, use a server of its own"
        )
        place: Location = ("datastores", "cache")
        yield Conflict((*place, "database"), text, (place, ("datastores", "broker")))


def _tls(stack: Stack) -> Iterator[Conflict]:
    for name, tls in stack.datastores.encryption.items():
        if tls.verify == "none" and tls.ca is not None:
            place: Location = ("datastores", name, "tls")
            text = f"{tls.ca} would be read by nobody, as `verify` is none: write full or ca there"
            yield Conflict((*place, "ca"), text, ((*place, "verify"),))


def _buckets(said: StorageExternal) -> Iterator[Conflict]:
    named = said.buckets.model_dump()
    for first, second in combinations(named, 2):
        if named[first] == named[second]:
            text = f"{named[second]} is `{first}`, too, and each has rules of its own: name another bucket"
            yield Conflict((*_STORAGE, "buckets", second), text, ((*_STORAGE, "buckets", first),))


def _public_files(stack: Stack, said: StorageExternal) -> Iterator[Conflict]:
    public = said.public_endpoint or said.endpoint
    if stack.site.secure and public.startswith("http:"):
        text = (
            f"browsers would fetch files from {public} for pages of https, which they refuse: say an address "
            "that begins with https"
        )
        yield Conflict((*_STORAGE, "public_endpoint"), text, ((*_STORAGE, "endpoint"), ("site", "tls")))
