"""The sources of MongoDB."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.datastores.common import (
    OWN_NAME,
    DatabaseName,
    Days,
    OfItsOwn,
    ProvenByAws,
    RunByOperator,
    Tls,
)
from openedx_infra.config.datastores.mysql import RdsClass
from openedx_infra.config.datastores.password_limits import DOCUMENTDB
from openedx_infra.config.datastores.source import (
    AWS_USERS,
    DatabaseSource,
    SecretNeed,
    generated,
    only_operator_knows,
)
from openedx_infra.config.types.base import IMMUTABLE, Count, Port, Section, Switch
from openedx_infra.config.types.hosts import ServerName
from openedx_infra.config.types.quantities import Disk


class MongodbDatabase(DatabaseSource):
    """Names in MongoDB, wherever it runs."""

    database: DatabaseName = Field("openedx", json_schema_extra=IMMUTABLE)
    """Name of the platform's database."""
    user: DatabaseName = Field("openedx", json_schema_extra=IMMUTABLE)
    """Name of the platform's user."""


class MongodbInCluster(MongodbDatabase):
    """A single MongoDB server of the instance's own, on one volume of the cluster."""

    run_by = "cluster"
    images = ()
    reserved_users = frozenset()

    source: Literal["in-cluster"] = Field("in-cluster", json_schema_extra=IMMUTABLE)
    """The instance runs it as a StatefulSet of one pod."""
    storage: Disk = "5Gi"
    """Size of its volume. It may grow later where the StorageClass allows it, and never shrinks."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return generated(f"{store}_password", f"{store}_root_password")


class MongodbOperator(RunByOperator, MongodbDatabase):
    """A MongoDB replica set, run by the Percona Operator for MongoDB. It survives the loss of a node."""

    run_by = "operator"
    images = ("percona_mongodb",)
    reserved_users = frozenset()

    source: Literal["operator"] = Field(json_schema_extra=IMMUTABLE)
    """The operator runs it. It must be installed in the cluster: an add-on of a foundation stack."""
    storage: Disk = "20Gi"
    """Size of each member's volume."""
    members: Literal[3, 5, 7] = 3
    """Number of servers; most of them must be up."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return generated(f"{store}_password", f"{store}_root_password")


class Member(Section):
    """A server of a replica set."""

    host: ServerName
    """Name of the server."""
    port: Port = 27017
    """Port of the server."""


X509 = "MONGODB-X509"
"""Mechanism by which a client's certificate is its login."""


class MongodbExternal(MongodbDatabase):
    """A MongoDB server or replica set that somebody else runs, such as Atlas."""

    run_by = "external"
    images = ()
    reserved_users = frozenset()

    source: Literal["external"] = Field(json_schema_extra=IMMUTABLE)
    """The instance only uses it. Its password is the secret `mongodb_password`."""
    members: tuple[Member, ...] = ()
    """Its servers. Or set `srv`."""
    srv: ServerName | None = Field(None, json_schema_extra=IMMUTABLE)
    """Name whose DNS records (SRV) list the servers, as in `mongodb+srv://` addresses. It implies TLS."""
    replica_set: str | None = Field(None, min_length=1, max_length=63)
    """Name of its replica set. None: a single server, or what the DNS records say."""
    auth_database: DatabaseName | None = None
    """Database that holds the user. Default: `database`; Atlas wants `admin`."""
    auth_mechanism: Literal["SCRAM-SHA-1", "SCRAM-SHA-256", "MONGODB-X509"] | None = None
    """How the user logs in. None: by a password, by whichever SCRAM server and driver both have.
    `MONGODB-X509`: by `tls.client_certificate`, whose subject is the user, without a password. `MONGODB-AWS`
    is no choice: the driver needs the package pymongo-auth-aws for it, which the platform doesn't have."""
    retry_writes: Switch = True
    """Whether the driver tries a write again that may have been lost. False for servers that refuse such
    writes, such as Cosmos DB (RU) and DocumentDB before 8.0.2."""
    provisioned: Switch = True
    """Whether the user exists already. If not, it is made by `admin_user` of the database `admin`, whose
    password is the secret `mongodb_root_password`."""
    admin_user: str = Field("root", min_length=1)
    """Who makes the user where `provisioned` is false."""
    tls: Tls | None = None
    """Encryption of connections. None: they are readable on their way."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        if self.auth_mechanism == X509:
            return ()  # the key of the certificate is asked for with it
        if self.provisioned:
            return only_operator_knows(f"{store}_password")
        return (*generated(f"{store}_password"), *only_operator_knows(f"{store}_root_password"))


class DocumentdbServer(Section):
    """A cluster of Amazon DocumentDB, which speaks MongoDB's protocol, whichever stack makes it."""

    experimental: Switch = False
    """Must be true: you know that it is unproven. Before 8.0 it knows no collation, so that Studio can't
    sort a course's files by name."""
    version: Literal["5.0.0", "8.0.0"] = Field("8.0.0", json_schema_extra=IMMUTABLE)
    """Version of its engine."""
    instance_class: RdsClass = "db.r6g.large"
    """Size of each instance."""
    instances: Count = Field(2, ge=1, le=16)
    """Number of instances; with two or more, one takes over when another fails."""
    backup_days: Days = 30
    """Days to which the database can be set back, to any second."""
    deletion_protection: Switch = True
    """Whether AWS itself refuses to delete it."""


class MongodbDocumentdb(ProvenByAws, DocumentdbServer, MongodbDatabase):
    """Amazon DocumentDB, which speaks MongoDB's protocol. Nobody is known to run Open edX on it."""

    run_by = "aws-network"
    images = ()
    reserved_users = AWS_USERS

    source: Literal["documentdb"] = Field(json_schema_extra=IMMUTABLE)
    """AWS runs it, and the instance's own stack makes it."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return (*generated(f"{store}_password"), *generated(f"{store}_root_password", limit=DOCUMENTDB))


class MongodbShared(OfItsOwn, ProvenByAws, MongodbDatabase):
    """A database of its own on the server that a foundation stack shares between its instances."""

    run_by = "foundation"
    images = ()
    reserved_users = AWS_USERS

    source: Literal["shared"] = Field(json_schema_extra=IMMUTABLE)
    """The foundation stack of `openedx:foundation` tells the server, and the password of its
    administrator."""
    database: DatabaseName = OWN_NAME
    """Name of the platform's database. No other instance on the server may have the same."""
    user: DatabaseName = OWN_NAME
    """Name of the platform's user. No other instance on the server may have the same."""
    experimental: Switch = False
    """Must be true, as the server is Amazon DocumentDB: you know that it is unproven."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return generated(f"{store}_password")


Mongodb = Annotated[
    MongodbInCluster | MongodbOperator | MongodbExternal | MongodbDocumentdb | MongodbShared,
    Field(discriminator="source"),
]
"""MongoDB: the structure of courses and their uploaded files (modulestore and contentstore)."""
