"""Stores of external servers: nothing is created, the stack file becomes a connection."""

from __future__ import annotations

from urllib.parse import urlsplit

from openedx_infra.components.datastores.store import Administrator, FileStore, Reach, Store
from openedx_infra.components.instance import Instance
from openedx_infra.config.datastores.common import Tls
from openedx_infra.config.datastores.mongodb import MongodbExternal
from openedx_infra.config.datastores.mysql import MysqlExternal
from openedx_infra.config.datastores.search import SearchExternal
from openedx_infra.config.datastores.storage import StorageExternal
from openedx_infra.config.datastores.valkey import BrokerExternal, CacheExternal, ValkeyExternal
from openedx_infra.config.sections.mail import MailSmtp
from openedx_infra.settings import connections, paths
from openedx_infra.settings.connections import Endpoint

MONGODB_PORT = 27017
"""Port of the servers that DNS records (SRV) list. Atlas uses this one; the records could say another."""
MEILISEARCH_MASTER_KEY = "meilisearch_master_key"


def mysql(instance: Instance, said: MysqlExternal) -> Store[connections.Mysql]:
    """A MySQL server, perhaps with a replica, and another for the history of answers."""
    replica = Endpoint(host=said.replica.host, port=said.replica.port) if said.replica else None
    history = Endpoint(host=said.history_host, port=said.port) if said.history_host else None
    return Store(
        connection=connections.Mysql(
            endpoint=Endpoint(host=said.host, port=said.port),
            database=said.database,
            user=said.user,
            tls=_tls("mysql", said.tls),
            replica=replica,
            history_database=said.history_database,
            history=history,
        ),
        reach=Reach(ports=_ports(said.port, *([replica.port] if replica else ()))),
        administrator=_administrator(instance, "mysql", said),
    )


def mongodb(instance: Instance, said: MongodbExternal) -> Store[connections.Mongodb]:
    """A MongoDB server or replica set."""
    members = tuple(Endpoint(host=member.host, port=member.port) for member in said.members)
    return Store(
        connection=connections.Mongodb(
            members=members,
            srv=said.srv,
            database=said.database,
            user=said.user,
            auth_database=said.auth_database or said.database,
            replica_set=said.replica_set,
            # Drivers encrypt what they find by SRV records.
            tls=_tls("mongodb", said.tls or (Tls() if said.srv else None)),
        ),
        reach=Reach(
            ports=_ports(*(member.port for member in members), *([MONGODB_PORT] if said.srv else ()))
        ),
        administrator=_administrator(instance, "mongodb", said),
    )


def broker(instance: Instance, said: BrokerExternal) -> Store[connections.Valkey]:
    """A broker."""
    return _valkey("broker", said)


def cache(instance: Instance, said: CacheExternal) -> Store[connections.Valkey]:
    """A cache."""
    return _valkey("cache", said)


def search(instance: Instance, said: SearchExternal) -> Store[connections.Search]:
    """A search server."""
    at, encrypted = _address(said.url)
    meilisearch = said.engine == "meilisearch"
    made_here = meilisearch and not said.provisioned
    host = said.public_host or instance.stack.site.search_host
    return Store(
        connection=connections.Search(
            engine=said.engine,
            endpoint=at,
            tls=_tls("search", said.tls or Tls()) if encrypted else None,
            public_url=f"https://{host}" if meilisearch else None,
            user=said.username,
            derived_key=made_here,
        ),
        reach=Reach(ports=(at.port,)),
        administrator=(
            Administrator(user="", password=instance.secrets[MEILISEARCH_MASTER_KEY]) if made_here else None
        ),
    )


def storage(instance: Instance, said: StorageExternal) -> FileStore:
    """Buckets."""
    at, _ = _address(said.endpoint)
    return FileStore(
        connection=connections.Buckets(
            names={
                "public": said.buckets.public,
                "private": said.buckets.private,
                "grades": said.buckets.grades,
                "ora": said.buckets.ora,
                "exports": said.buckets.exports,
            },
            region=said.region,
            endpoint=said.endpoint,
            public_endpoint=said.public_endpoint,
            addressing=said.addressing,
        ),
        reach=Reach(ports=(at.port,)),
    )


def mail(instance: Instance, said: MailSmtp) -> Store[connections.Smtp]:
    """A mail server."""
    return Store(
        connection=connections.Smtp(
            endpoint=Endpoint(host=said.host, port=said.port), security=said.security, user=said.username
        ),
        reach=Reach(ports=(said.port,)),
    )


def _valkey(name: str, said: ValkeyExternal) -> Store[connections.Valkey]:
    # Sentinels tell the master's own port, which `port` must be.
    sentinels = tuple(Endpoint(host=each.host, port=each.port) for each in said.sentinels)
    return Store(
        connection=connections.Valkey(
            endpoint=Endpoint(host=said.host, port=said.port) if said.host else None,
            sentinels=sentinels,
            master=said.master,
            database=said.database,
            user=said.username,
            authenticated=said.authenticated,
            tls=_tls(name, said.tls),
        ),
        reach=Reach(ports=_ports(said.port, *(each.port for each in sentinels))),
    )


def _administrator(
    instance: Instance, store: str, said: MysqlExternal | MongodbExternal
) -> Administrator | None:
    """Nobody, where the operator says that there is nothing to be made."""
    if said.provisioned:
        return None
    secret = f"{store}_root_password"
    return Administrator(
        user=said.admin_user,
        password=instance.secrets[secret],
        previous=instance.secrets.get(f"{secret}_previous"),
    )


def _tls(store: str, said: Tls | None) -> connections.Tls | None:
    """What was said of files, as pods see them."""
    if said is None:
        return None
    ours = said.client_certificate is not None
    return connections.Tls(
        verify=said.verify,
        ca=f"{paths.CERTIFICATES_DIR}/{store}-ca.pem" if said.ca else None,
        certificate=f"{paths.CERTIFICATES_DIR}/{store}-client.pem" if ours else None,
        key=f"{paths.SECRETS_DIR}/{store}-client.key" if ours else None,
    )


def _address(url: str) -> tuple[Endpoint, bool]:
    """Host and port of an address, and whether it is encrypted."""
    parts = urlsplit(url)
    encrypted = parts.scheme == "https"
    return Endpoint(host=parts.hostname or "", port=parts.port or (443 if encrypted else 80)), encrypted


def _ports(*ports: int) -> tuple[int, ...]:
    return tuple(sorted(set(ports)))
