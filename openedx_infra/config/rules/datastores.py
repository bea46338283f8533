"""Rules for databases, broker, cache and uploaded files; search has its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from openedx_infra.config.datastores.mongodb import X509, MongodbDocumentdb, MongodbExternal, MongodbShared
from openedx_infra.config.datastores.mysql import MysqlExternal, MysqlRds, RdsServer
from openedx_infra.config.datastores.storage import StorageExternal, StorageVolumes
from openedx_infra.config.datastores.valkey import BrokerExternal, CacheExternal, ValkeyExternal
from openedx_infra.config.errors.conflict import Conflict
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.stack import Stack

_MYSQL: Location = ("datastores", "mysql")
_MONGODB: Location = ("datastores", "mongodb")
_STORAGE: Location = ("datastores", "storage")
_ON_ONE_NODE = {
    "local-path": "a folder of one node, as k3s makes it",
    "openebs-hostpath": "a folder of one node",
    "gp2": "a disk of Amazon EBS",
    "gp3": "a disk of Amazon EBS",
    "standard-rwo": "a disk of Google Cloud",
    "premium-rwo": "a disk of Google Cloud",
    "managed-csi": "a disk of Azure",
    "managed-csi-premium": "a disk of Azure",
    "do-block-storage": "a disk of DigitalOcean",
    "linode-block-storage": "a disk of Linode",
    "linode-block-storage-retain": "a disk of Linode",
    "hcloud-volumes": "a disk of Hetzner Cloud",
}
"""StorageClasses whose volumes one node alone can mount, by the names that their distributions and providers
document, and what such a volume is."""


def conflicts(stack: Stack) -> Iterator[Conflict]:
    """All rules of this file over one stack."""
    datastores = stack.datastores
    yield from _history(stack)
    yield from _classes(stack)
    if isinstance(datastores.mysql, MysqlRds):
        yield from little_room(datastores.mysql)
    if isinstance(datastores.mongodb, MongodbExternal):
        yield from _members(datastores.mongodb)
        yield from _by_certificate(datastores.mongodb)
    if isinstance(datastores.mongodb, MongodbDocumentdb | MongodbShared):
        yield from _experimental(datastores.mongodb)
    if isinstance(datastores.broker, BrokerExternal):
        yield from _one_server(("datastores", "broker"), datastores.broker)
    if isinstance(datastores.cache, CacheExternal):
        yield from _one_server(("datastores", "cache"), datastores.cache)
    if isinstance(datastores.broker, BrokerExternal) and isinstance(datastores.cache, CacheExternal):
        yield from _apart(datastores.broker, datastores.cache)
    yield from _tls(stack)
    if isinstance(datastores.storage, StorageExternal):
        yield from _buckets(datastores.storage)
        yield from _public_files(stack, datastores.storage)


def _history(stack: Stack) -> Iterator[Conflict]:
    section = stack.datastores.mysql
    place, host = (*_MYSQL, "history_database"), (*_MYSQL, "history_host")
    elsewhere = isinstance(section, MysqlExternal) and section.history_host not in (None, section.host)
    if isinstance(section, MysqlExternal) and section.history_host and section.history_database is None:
        yield Conflict(place, "missing beside `history_host`: name the database that is there", (host,))
    if (
        section.history_database
        and not elsewhere
        and section.history_database.lower() == section.database.lower()
    ):
        text = (
            f"{section.history_database} is `database`, too: name another one, or leave it out, so that the "
            "history is kept with everything else"
        )
        yield Conflict(place, text, ((*_MYSQL, "database"), host))


def little_room(section: RdsServer) -> Iterator[Conflict]:
    """A disk of RDS that could hardly grow."""
    if section.storage_limit * 10 < section.storage * 11:
        text = (
            f"{section.storage_limit} leaves no room beyond `storage` ({section.storage}), and AWS wants at "
            f"least a tenth: write {-(-section.storage * 11 // 10)} or more"
        )
        yield Conflict((*_MYSQL, "storage_limit"), text, ((*_MYSQL, "storage"),))


def _members(section: MongodbExternal) -> Iterator[Conflict]:
    members, srv, replica_set = (*_MONGODB, "members"), (*_MONGODB, "srv"), (*_MONGODB, "replica_set")
    if not section.members and section.srv is None:
        text = "missing: list the servers here, or set `srv` to the name of their DNS records"
        yield Conflict(members, text, (srv,))
    if section.members and section.srv is not None:
        text = f"{section.srv} stands beside `members`, and one of them would be ignored: set only one"
        yield Conflict(srv, text, (members,))
    if section.srv is not None and (section.srv.count(".") < 2 or section.srv.rpartition(".")[2].isdigit()):
        text = f"{section.srv} has no DNS records that list servers: write a name of at least three labels"
        yield Conflict(srv, text)
    if len(section.members) > 1 and section.replica_set is None:
        text = "missing: several `members` are servers of a replica set, and its name is checked by each"
        yield Conflict(replica_set, text, (members,))
    for (_, first), (index, second) in combinations(enumerate(section.members), 2):
        if first == second:
            text = f"{second.host}:{second.port} is named twice: name each server once"
            yield Conflict((*members, index), text)


def _by_certificate(section: MongodbExternal) -> Iterator[Conflict]:
    """A client's certificate is the whole login: its subject is the user."""
    mechanism: Location = (*_MONGODB, "auth_mechanism")
    if section.auth_mechanism != X509:
        return
    if section.tls is None or section.tls.client_certificate is None:
        text = f"missing: {X509} logs in by it: name the file of the instance's own certificate"
        yield Conflict((*_MONGODB, "tls", "client_certificate"), text, (mechanism,))
    if not section.provisioned:
        text = (
            f"false would make a user with a password, and {X509} has none: make the user in the database "
            "$external yourself, called as the certificate's subject, and write true"
        )
        yield Conflict((*_MONGODB, "provisioned"), text, (mechanism,))
    for key in sorted({"auth_database", "user"} & section.model_fields_set):
        text = (
            f"has no effect with {X509}, whose user is the certificate's subject in $external: leave it out"
        )
        yield Conflict((*_MONGODB, key), text, (mechanism,))


def _experimental(section: MongodbDocumentdb | MongodbShared) -> Iterator[Conflict]:
    if not section.experimental:
        text = (
            "must be true with Amazon DocumentDB, on which nobody is known to run Open edX: before 8.0 it "
            "knows no collation, so that Studio can't sort a course's files by name, and before 8.0.2 no "
            "retryable writes, which are switched off. Say that you know, or choose another source"
        )
        yield Conflict((*_MONGODB, "experimental"), text, ((*_MONGODB, "source"),))


def _one_server(place: Location, section: ValkeyExternal) -> Iterator[Conflict]:
    host, sentinels, master = (*place, "host"), (*place, "sentinels"), (*place, "master")
    if section.host is None and not section.sentinels:
        yield Conflict(host, "missing: name the server, or the `sentinels` that know it", (sentinels,))
    if section.host is not None and section.sentinels:
        text = f"{section.host} stands beside `sentinels`, which know the server: set only one"
        yield Conflict(host, text, (sentinels,))
    if section.sentinels and section.master is None:
        text = "missing beside `sentinels`: set the name that their configuration gives the master"
        yield Conflict(master, text, (sentinels,))
    if section.master is not None and not section.sentinels:
        text = f"{section.master} is a master of `sentinels`, and none are set: set them, or leave it out"
        yield Conflict(master, text, (sentinels,))
    if section.username is not None and not section.authenticated:
        text = f"{section.username} stands beside `authenticated: false`: leave out the one or the other"
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


def _classes(stack: Stack) -> Iterator[Conflict]:
    """Volumes that many nodes shall mount, of a class that makes none."""
    storage, name = stack.datastores.storage, stack.cluster.storage_class
    if (
        isinstance(storage, StorageVolumes)
        and storage.access_mode == "ReadWriteMany"
        and name in _ON_ONE_NODE
    ):
        text = (
            f"ReadWriteMany is impossible with openedx:cluster.storage_class {name}, whose volumes are each "
            f"{_ON_ONE_NODE[name]}: name a class of NFS, CephFS or the like, keep files in buckets "
            "(`source: in-cluster`, for example), or write ReadWriteOnce, which keeps all pods on one node"
        )
        yield Conflict((*_STORAGE, "access_mode"), text, (("cluster", "storage_class"), _STORAGE))


def _buckets(section: StorageExternal) -> Iterator[Conflict]:
    named = section.buckets.model_dump()
    for first, second in combinations(named, 2):
        if named[first] == named[second]:
            text = f"{named[second]} is `{first}`, too, and each has rules of its own: name another bucket"
            yield Conflict((*_STORAGE, "buckets", second), text, ((*_STORAGE, "buckets", first),))
    for purpose, name in named.items():
        where: Location = (*_STORAGE, "buckets", purpose)
        keys: tuple[Location, ...] = ((*_STORAGE, "addressing"), (*_STORAGE, "endpoint"))
        yield from unproven_host(
            where, name, section.addressing, (section.endpoint, section.public_endpoint), keys
        )


def unproven_host(
    where: Location, bucket: str, addressing: str, urls: Iterable[str | None], keys: tuple[Location, ...]
) -> Iterator[Conflict]:
    """A bucket with a dot in its name, before the host of an https address: certificates for all buckets
    (`*.s3.example.org`) stand for one label alone (RFC 6125, 6.4.3). A `url` of None is no address."""
    url = next((url for url in urls if url and url.startswith("https:")), None)
    if "." in bucket and addressing == "virtual" and url:
        host = url.removeprefix("https://")
        text = (
            f"no certificate for *.{host} is right for {bucket}.{host}, as {bucket} has a dot: set "
            "`addressing: path`, or use a bucket without dots in its name"
        )
        yield Conflict(where, text, keys)


def _public_files(stack: Stack, section: StorageExternal) -> Iterator[Conflict]:
    public = section.public_endpoint or section.endpoint
    if stack.site.secure and public.startswith("http:"):
        text = (
            f"browsers would fetch files from {public} for pages of https, which they refuse: set an address "
            "that begins with https"
        )
        yield Conflict((*_STORAGE, "public_endpoint"), text, ((*_STORAGE, "endpoint"), ("site", "tls")))
