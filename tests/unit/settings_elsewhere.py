"""Connections to datastores elsewhere: values that differ as much as they can."""

from __future__ import annotations

from dataclasses import replace

import settings_case as case

from openedx_infra.settings.connections import (
    Buckets,
    Connections,
    Endpoint,
    Mongodb,
    Mysql,
    Purpose,
    Search,
    Ses,
    Smtp,
    Tls,
    Valkey,
)
from openedx_infra.settings.paths import CERTIFICATES_DIR, SECRETS_DIR

PURPOSES: tuple[Purpose, ...] = ("public", "private", "grades", "ora", "exports")
NAMES = {purpose: f"campus-{purpose}" for purpose in PURPOSES}


def at(host: str, port: int) -> Endpoint:
    """A server outside."""
    return Endpoint(host=f"{host}.example.org", port=port)


def own(store: str, *, client: bool = True) -> Tls:
    """TLS by an authority of one's own, and with a client certificate."""
    return Tls(
        ca=f"{CERTIFICATES_DIR}/{store}-ca.pem",
        certificate=f"{CERTIFICATES_DIR}/{store}-client.pem" if client else None,
        key=f"{SECRETS_DIR}/{store}-client.key" if client else None,
    )


# Everything is somebody else's, and encrypted by authorities and certificates of one's own.
EXTERNAL = Connections(
    mysql=Mysql(
        endpoint=at("mysql", 3307),
        database="campus",
        user="campus",
        tls=own("mysql"),
        replica=at("replica", 3308),
        history_database="campus_history",
        history=at("history", 3309),
    ),
    mongodb=Mongodb(
        members=tuple(at(f"mongodb-{number}", 27017) for number in range(3)),
        database="campus",
        user="campus",
        auth_database="admin",
        replica_set="rs0",
        tls=own("mongodb"),
    ),
    broker=Valkey(endpoint=at("broker", 6380), database=3, user="campus", tls=own("broker")),
    cache=Valkey(endpoint=at("cache", 6380), user="campus", tls=replace(own("cache"), verify="ca")),
    search=Search(
        engine="meilisearch",
        endpoint=at("search", 7700),
        tls=own("search", client=False),
        public_url="https://search.campus.example.org",
    ),
    storage=Buckets(
        names=NAMES,
        region="eu-1",
        endpoint="https://s3.internal.example.org",
        public_endpoint="https://files.campus.example.org",
        addressing="virtual",
    ),
    mail=Smtp(endpoint=at("smtp", 465), security="tls", user="campus"),
)

# Broker and cache move from server to server; a broker that several instances share.
SENTINELS = replace(
    case.IN_CLUSTER,
    broker=Valkey(
        sentinels=tuple(Endpoint(host=f"sentinel-{number}", port=26379) for number in range(3)),
        master="broker",
        database=2,
        user="campus",
        tls=own("broker"),
        prefix="campus-",
    ),
    cache=Valkey(
        sentinels=(Endpoint(host="sentinel", port=26379),),
        master="cache",
        authenticated=False,
        prefix="campus-",
    ),
)

# All that AWS runs.
AWS = Connections(
    mysql=Mysql(endpoint=at("rds", 3306), database="openedx", user="openedx", tls=own("mysql", client=False)),
    mongodb=Mongodb(
        members=(at("docdb", 27017),),
        database="openedx",
        user="openedx",
        auth_database="admin",
        replica_set="rs0",
        tls=own("mongodb", client=False),
        retry_writes=False,
    ),
    broker=Valkey(endpoint=at("broker", 6379), tls=Tls()),
    cache=Valkey(endpoint=at("cache", 6379), tls=Tls()),
    search=Search(engine="opensearch", endpoint=at("opensearch", 443), tls=Tls(), user="openedx"),
    storage=Buckets(names=NAMES, region="eu-west-1", addressing="virtual", role=True),
    mail=Ses(region="eu-west-1", configuration_set="campus"),
)

# Services that are bought, with as little trust as they allow.
BOUGHT = replace(
    case.IN_CLUSTER,
    mysql=Mysql(
        endpoint=at("mysql", 3306),
        database="openedx",
        user="openedx",
        tls=Tls(),
        history_database="history",
    ),
    mongodb=Mongodb(
        srv="cluster0.example.mongodb.net",
        database="openedx",
        user="openedx",
        auth_database="admin",
        tls=Tls(verify="none"),
    ),
    broker=Valkey(endpoint=at("broker", 6379), authenticated=False),
    cache=Valkey(endpoint=at("cache", 6379), tls=Tls(verify="none")),
    search=Search(
        engine="elasticsearch",
        endpoint=at("elastic", 9200),
        tls=Tls(verify="ca", ca=f"{CERTIFICATES_DIR}/search-ca.pem"),
        user="elastic",
    ),
)

# The instance's own S3 server, and a search engine with its forum.
OWN_BUCKETS = replace(
    case.IN_CLUSTER,
    search=Search(engine="typesense", endpoint=Endpoint(host="typesense", port=8108)),
    storage=Buckets(
        names=NAMES,
        region="us-east-1",
        endpoint="http://storage:7070",
        public_endpoint="https://files.campus.example.org",
    ),
    mail=Ses(region="eu-west-1"),
)

ELSEWHERE = {
    "external": EXTERNAL,
    "sentinels": SENTINELS,
    "aws": AWS,
    "bought": BOUGHT,
    "own-buckets": OWN_BUCKETS,
}
"""All of them, by the names of their reviewed texts."""
