"""Stores of external servers: nothing is created, the stack file becomes a connection."""

from __future__ import annotations

from urllib.parse import urlsplit

from openedx_infra.components.datastores.store import Administrator, FileStore, Reach, Store
from openedx_infra.components.instance import Instance
from openedx_infra.config.datastores.common import Tls
from openedx_infra.config.datastores.mongodb import X509, MongodbExternal
from openedx_infra.config.datastores.mysql import MysqlExternal
from openedx_infra.config.datastores.search import SearchExternal
from openedx_infra.config.datastores.storage import StorageExternal
from openedx_infra.config.datastores.valkey import BrokerExternal, CacheExternal, ValkeyExternal
from openedx_infra.config.sections.mail import MailSmtp
from openedx_infra.settings import connections, paths
from openedx_infra.settings.connections import Endpoint
from openedx_infra.settings.keys import search_key_uid

MONGODB_PORT = 27017
"""Port of the servers that DNS records (SRV) list. Atlas uses this one; the records could say another."""
EXTERNAL = "$external"
"""Where MongoDB looks for users whom something else proves, such as a certificate."""
MEILISEARCH_MASTER_KEY = "meilisearch_master_key"


def mysql(instance: Instance, section: MysqlExternal) -> Store[connections.Mysql]:
    """A MySQL server, perhaps with a replica, and another for the history of answers."""
    replica = Endpoint(host=section.replica.host, port=section.replica.port) if section.replica else None
    history = Endpoint(host=section.history_host, port=section.port) if section.history_host else None
    return Store(
        connection=connections.Mysql(
            endpoint=Endpoint(host=section.host, port=section.port),
            database=section.database,
            user=section.user,
            tls=_tls("mysql", section.tls),
            replica=replica,
            history_database=section.history_database,
            history=history,
        ),
        reach=Reach(
            ports=_ports(section.port, *([replica.port] if replica else ())),
            hosts=(section.host, *(each.host for each in (replica, history) if each)),
        ),
        administrator=_administrator(instance, "mysql", section),
    )


def mongodb(instance: Instance, section: MongodbExternal) -> Store[connections.Mongodb]:
    """A MongoDB server or replica set."""
    members = tuple(Endpoint(host=member.host, port=member.port) for member in section.members)
    by_certificate = section.auth_mechanism == X509
    return Store(
        connection=connections.Mongodb(
            members=members,
            srv=section.srv,
            database=section.database,
            user=section.user,
            auth_database=EXTERNAL if by_certificate else section.auth_database or section.database,
            auth_mechanism=section.auth_mechanism,
            retry_writes=section.retry_writes,
            replica_set=section.replica_set,
            # Drivers encrypt what they find by SRV records.
            tls=_tls("mongodb", section.tls or (Tls() if section.srv else None)),
        ),
        reach=Reach(
            ports=_ports(*(member.port for member in members), *([MONGODB_PORT] if section.srv else ())),
            hosts=tuple(member.host for member in members),
            learns_more=section.srv is not None or section.replica_set is not None,
        ),
        administrator=_administrator(instance, "mongodb", section),
    )


def broker(instance: Instance, section: BrokerExternal) -> Store[connections.Valkey]:
    """A broker."""
    return _valkey("broker", section)


def cache(instance: Instance, section: CacheExternal) -> Store[connections.Valkey]:
    """A cache."""
    return _valkey("cache", section)


def search(instance: Instance, section: SearchExternal) -> Store[connections.Search]:
    """A search server."""
    endpoint, encrypted = _address(section.url)
    meilisearch = section.engine == "meilisearch"
    made_here = meilisearch and not section.provisioned
    host = section.public_host or instance.stack.site.search_host
    return Store(
        connection=connections.Search(
            engine=section.engine,
            endpoint=endpoint,
            tls=_tls("search", section.tls or Tls()) if encrypted else None,
            public_url=f"https://{host}" if meilisearch else None,
            user=section.username,
            derived_key=made_here,
            key_uid=search_key_uid(instance.stack),
        ),
        reach=Reach(ports=(endpoint.port,), hosts=(endpoint.host,)),
        administrator=(
            Administrator(user="", password=instance.secrets[MEILISEARCH_MASTER_KEY]) if made_here else None
        ),
    )


def storage(instance: Instance, section: StorageExternal) -> FileStore:
    """Buckets."""
    endpoint, _ = _address(section.endpoint)
    return FileStore(
        connection=connections.Buckets(
            names={
                "public": section.buckets.public,
                "private": section.buckets.private,
                "grades": section.buckets.grades,
                "ora": section.buckets.ora,
                "exports": section.buckets.exports,
            },
            region=section.region,
            endpoint=section.endpoint,
            public_endpoint=section.public_endpoint,
            addressing=section.addressing,
        ),
        reach=Reach(ports=(endpoint.port,), hosts=(endpoint.host,)),
    )


def mail(instance: Instance, section: MailSmtp) -> Store[connections.Smtp]:
    """A mail server."""
    return Store(
        connection=connections.Smtp(
            endpoint=Endpoint(host=section.host, port=section.port),
            security=section.security,
            user=section.username,
        ),
        reach=Reach(ports=(section.port,), hosts=(section.host,)),
    )


def _valkey(name: str, section: ValkeyExternal) -> Store[connections.Valkey]:
    # Sentinels tell the master's own port, which `port` must be.
    sentinels = tuple(Endpoint(host=each.host, port=each.port) for each in section.sentinels)
    return Store(
        connection=connections.Valkey(
            endpoint=Endpoint(host=section.host, port=section.port) if section.host else None,
            sentinels=sentinels,
            master=section.master,
            database=section.database,
            user=section.username,
            authenticated=section.authenticated,
            tls=_tls(name, section.tls),
        ),
        reach=Reach(
            ports=_ports(section.port, *(each.port for each in sentinels)),
            hosts=(*([section.host] if section.host else ()), *(each.host for each in sentinels)),
            learns_more=bool(sentinels),
        ),
    )


def _administrator(
    instance: Instance, store: str, section: MysqlExternal | MongodbExternal
) -> Administrator | None:
    """Nobody, where the operator says that there is nothing to be made."""
    if section.provisioned:
        return None
    secret = f"{store}_root_password"
    return Administrator(
        user=section.admin_user,
        password=instance.secrets[secret],
        previous=instance.secrets.get(f"{secret}_previous"),
    )


def _tls(store: str, section: Tls | None) -> connections.Tls | None:
    """TLS of a connection, with the paths that its files have in pods."""
    if section is None:
        return None
    ours = section.client_certificate is not None
    return connections.Tls(
        verify=section.verify,
        ca=f"{paths.CERTIFICATES_DIR}/{store}-ca.pem" if section.ca else None,
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
