"""The sources of MySQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.datastores.common import (
    OWN_NAME,
    DatabaseName,
    Days,
    Gigabytes,
    OfItsOwn,
    ProvenByAws,
    RunByOperator,
    Tls,
)
from openedx_infra.config.datastores.password_limits import RDS
from openedx_infra.config.datastores.source import (
    AWS_USERS,
    PERCONA_USERS,
    DatabaseSource,
    SecretNeed,
    generated,
    only_operator_knows,
)
from openedx_infra.config.types.base import IMMUTABLE, Count, Port, Section, Switch
from openedx_infra.config.types.hosts import ServerName
from openedx_infra.config.types.patterns import Pattern
from openedx_infra.config.types.quantities import Disk

RdsClass = Annotated[
    str,
    Pattern("instance class", r"db\.[a-z0-9-]+\.[a-z0-9]+", "as Amazon RDS names them", "db.r7g.large"),
]
"""Size of a database instance on AWS."""


class MysqlDatabase(DatabaseSource):
    """Names in MySQL, wherever it runs."""

    database: DatabaseName = Field("openedx", json_schema_extra=IMMUTABLE)
    """Name of the platform's database."""
    user: DatabaseName = Field("openedx", json_schema_extra=IMMUTABLE)
    """Name of the platform's user. Its rights end at its databases."""
    history_database: DatabaseName | None = Field(None, json_schema_extra=IMMUTABLE)
    """Name of a database of its own for the history of learners' answers (`student_module_history`), by far
    the largest table of an old site. None: it is kept with everything else."""


class MysqlInCluster(MysqlDatabase):
    """A single MySQL server of the instance's own, on one volume of the cluster."""

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


class MysqlOperator(RunByOperator, MysqlDatabase):
    """A MySQL cluster of group replication, run by the Percona Operator for MySQL. It survives the loss of
    a node."""

    run_by = "operator"
    images = ("percona_mysql", "percona_haproxy")
    reserved_users = PERCONA_USERS

    source: Literal["operator"] = Field(json_schema_extra=IMMUTABLE)
    """The operator runs it. It must be installed in the cluster: an add-on of a foundation stack."""
    storage: Disk = "20Gi"
    """Size of each member's volume."""
    members: Literal[3, 5, 7, 9] = 3
    """Number of servers; most of them must be up."""
    proxies: Count = Field(2, ge=2, le=9)
    """Number of HAProxy pods, which send everything to the present primary."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return generated(f"{store}_password", f"{store}_root_password")


class Replica(Section):
    """A copy of the database that answers what only reads."""

    host: ServerName
    """Name of the server."""
    port: Port = 3306
    """Port of the server."""


class MysqlExternal(MysqlDatabase):
    """A MySQL server that somebody else runs."""

    run_by = "external"
    images = ()
    reserved_users = frozenset()

    source: Literal["external"] = Field(json_schema_extra=IMMUTABLE)
    """The instance only uses it. Its password is the secret `mysql_password`."""
    host: ServerName = Field(json_schema_extra=IMMUTABLE)
    """Name of the server."""
    port: Port = 3306
    """Port of the server."""
    provisioned: Switch = True
    """Whether databases and user exist already. If not, they are made by `admin_user`, whose password is
    the secret `mysql_root_password`; with true, nobody but the platform's own user ever logs in."""
    admin_user: str = Field("root", min_length=1, max_length=32)
    """Who makes databases and users where `provisioned` is false."""
    tls: Tls | None = None
    """Encryption of connections. None: they are readable on their way."""
    replica: Replica | None = None
    """A read replica, for reports and other long reading. Same names and password."""
    history_host: ServerName | None = Field(None, json_schema_extra=IMMUTABLE)
    """Server of `history_database`, with the same port, user and password. None: the same server."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        if self.provisioned:
            return only_operator_knows(f"{store}_password")
        return (*generated(f"{store}_password"), *only_operator_knows(f"{store}_root_password"))


class ManagedServer(Section):
    """A MySQL 8.4 server run by AWS, whichever stack makes it."""

    instance_class: RdsClass = "db.t4g.medium"
    """Size of each database instance. The default suits some hundred learners; MIT runs sites of some
    10,000 learners on db.r7g.xlarge."""
    backup_days: Days = 30
    """Days to which the database can be set back, to any second."""
    deletion_protection: Switch = True
    """Whether AWS itself refuses to delete it."""
    replicas: Count = Field(0, ge=0, le=5)
    """Number of read replicas. The first is used for what only reads."""
    apply_immediately: Switch = False
    """Whether changes that restart the server happen at once, rather than in the weekly maintenance."""


class RdsServer(ManagedServer):
    """A server of Amazon RDS for MySQL."""

    storage: Gigabytes = 50
    """Disk at first, in GiB."""
    storage_limit: Gigabytes = 500
    """Disk up to which AWS enlarges it, in GiB."""
    multi_az: Switch = True
    """Whether a standby in another zone takes over when it fails."""
    blue_green: Switch = True
    """Whether changes that need a restart are made to a copy, which then takes its place (about a minute
    without writes). Never with `replicas`, which would be left behind."""


class AuroraServer(ManagedServer):
    """A cluster of Amazon Aurora for MySQL."""

    replicas: Count = Field(1, ge=0, le=5)
    """Number of readers, each of which can take over."""


class MysqlManaged(ProvenByAws, ManagedServer, MysqlDatabase):
    """MySQL 8.4 run by AWS for this instance alone."""

    run_by = "aws-network"
    images = ()
    reserved_users = AWS_USERS

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return (*generated(f"{store}_password"), *generated(f"{store}_root_password", limit=RDS))


class MysqlRds(RdsServer, MysqlManaged):
    """Amazon RDS for MySQL."""

    source: Literal["rds"] = Field(json_schema_extra=IMMUTABLE)
    """AWS runs it, and the instance's own stack makes it."""


class MysqlAurora(AuroraServer, MysqlManaged):
    """Amazon Aurora for MySQL: costs more, and takes over in seconds."""

    source: Literal["aurora"] = Field(json_schema_extra=IMMUTABLE)
    """AWS runs it, and the instance's own stack makes it. Aurora speaks as MySQL 8.4 does."""


class MysqlShared(OfItsOwn, ProvenByAws, MysqlDatabase):
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

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return generated(f"{store}_password")


Mysql = Annotated[
    MysqlInCluster | MysqlOperator | MysqlExternal | MysqlRds | MysqlAurora | MysqlShared,
    Field(discriminator="source"),
]
"""MySQL: accounts, enrolments, grades, and nearly everything else."""
