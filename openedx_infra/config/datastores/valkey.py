"""The sources of broker and cache: Valkey, or any other server that speaks Redis' protocol."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.datastores.common import RunByOperator, Tls
from openedx_infra.config.datastores.password_limits import ELASTICACHE
from openedx_infra.config.datastores.source import SecretNeed, Source, generated, only_operator_knows
from openedx_infra.config.types.base import IMMUTABLE, Count, KubernetesName, Port, Section, Switch
from openedx_infra.config.types.hosts import ServerName
from openedx_infra.config.types.patterns import Pattern
from openedx_infra.config.types.quantities import Disk

CacheNode = Annotated[
    str,
    Pattern(
        "node type", r"cache\.[a-z0-9-]+\.[a-z0-9]+", "as Amazon ElastiCache names them", "cache.m7g.large"
    ),
]
"""Size of a node of ElastiCache."""


class Sentinel(Section):
    """A server that knows which of the others is the master at present."""

    host: ServerName
    """Name of the server."""
    port: Port = 26379
    """Port of the server."""


class ValkeyExternal(Source):
    """A server that somebody else runs, or several that Sentinels watch."""

    run_by = "external"
    images = ()

    source: Literal["external"]
    """The instance only uses it."""
    host: ServerName | None = None
    """Name of the server. Or set `sentinels`."""
    port: Port = 6379
    """Port of the server."""
    sentinels: tuple[Sentinel, ...] = ()
    """Sentinels, each of which can tell the master."""
    master: KubernetesName | None = None
    """What the Sentinels call the master."""
    database: Count = Field(0, ge=0, le=1023)
    """Number of the database."""
    username: str | None = Field(None, min_length=1)
    """User name. None: the password alone is asked for."""
    authenticated: Switch = True
    """Whether it asks for a password: the secret `broker_password`, or `cache_password`."""
    tls: Tls | None = None
    """Encryption of connections. None: they are readable on their way."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return only_operator_knows(f"{store}_password") if self.authenticated else ()


class ValkeyElasticache(Source):
    """Amazon ElastiCache for Valkey."""

    run_by = "aws-network"
    images = ()

    source: Literal["elasticache"]
    """AWS runs it, and the instance's own stack makes it: encrypted, and with the secret `broker_password`
    or `cache_password`."""
    node_type: CacheNode = "cache.t4g.small"
    """Size of each node."""
    replicas: Count = Field(1, ge=0, le=5)
    """Number of replicas, in other zones, which can take over."""
    snapshot_days: Count = Field(7, ge=0, le=35)
    """Days for which its daily snapshots are kept."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return generated(f"{store}_password", limit=ELASTICACHE)


class ValkeyShared(Source):
    """A server that a foundation stack shares between its instances."""

    run_by = "foundation"
    images = ()

    source: Literal["shared"]
    """The foundation stack of `openedx:foundation` tells server and password. Keys and queues of one
    instance begin with its name."""
    database: Count = Field(0, ge=0, le=15)
    """Number of the database. Names tell instances apart within one, too, but who clears a cache empties all
    of its database: better one for each instance."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return ()  # the foundation hands it on


class Broking(Source):
    """What holds for a broker, wherever it runs."""

    visibility_timeout_seconds: Count = Field(14_400, ge=3600, le=172_800)
    """Seconds until a task taken by a lost worker is given to another. Must exceed the longest task: 4 h
    suits a grade report for some 10,000 learners (MIT measured 80 min for 5,000)."""


class BrokerInCluster(Broking):
    """Valkey as Celery's broker and event bus: it never evicts, and keeps its queues over a restart."""

    run_by = "cluster"
    images = ("valkey",)

    source: Literal["in-cluster"] = Field("in-cluster", json_schema_extra=IMMUTABLE)
    """The instance runs it as a StatefulSet of one pod."""
    storage: Disk = "1Gi"
    """Size of the volume of its append-only file."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return generated(f"{store}_password")


class BrokerOperator(RunByOperator, Broking):
    """The same with replicas and Sentinels, run by an operator. It survives the loss of a node."""

    run_by = "operator"
    images = ("redis", "redis_sentinel")

    source: Literal["operator"] = Field(json_schema_extra=IMMUTABLE)
    """The operator runs it. It must be installed in the cluster: an add-on of a foundation stack."""
    storage: Disk = "2Gi"
    """Size of each member's volume."""
    members: Literal[3, 5] = 3
    """Number of servers, and of Sentinels."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return generated(f"{store}_password")


class BrokerExternal(Broking, ValkeyExternal):
    """A broker that somebody else runs. Its eviction policy must be `noeviction`."""

    source: Literal["external"] = Field(json_schema_extra=IMMUTABLE)
    """The instance only uses it."""
    host: ServerName | None = Field(None, json_schema_extra=IMMUTABLE)
    """Name of the server. Or set `sentinels`."""
    database: Count = Field(0, ge=0, le=1023, json_schema_extra=IMMUTABLE)
    """Number of the database."""


class BrokerElasticache(Broking, ValkeyElasticache):
    """Amazon ElastiCache for Valkey as broker: it never evicts."""

    source: Literal["elasticache"] = Field(json_schema_extra=IMMUTABLE)
    """AWS runs it, and the instance's own stack makes it, with the secret `broker_password`."""


class BrokerShared(Broking, ValkeyShared):
    """A broker that a foundation stack shares between its instances."""

    source: Literal["shared"] = Field(json_schema_extra=IMMUTABLE)
    """The foundation stack of `openedx:foundation` tells server and password. Queues of one instance begin
    with its name."""
    database: Count = Field(0, ge=0, le=15, json_schema_extra=IMMUTABLE)
    """Number of the database. Queues of several instances may lie in one: their names tell them apart."""


class CacheInCluster(Source):
    """Valkey as Django's cache: evicts what was used least recently; nothing is lost when it restarts."""

    run_by = "cluster"
    images = ("valkey",)

    source: Literal["in-cluster"] = "in-cluster"
    """The instance runs it, without a volume."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return generated(f"{store}_password")


class CacheOperator(RunByOperator, Source):
    """The same with replicas and Sentinels, run by an operator. It survives the loss of a node."""

    run_by = "operator"
    images = ("redis", "redis_sentinel")

    source: Literal["operator"]
    """The operator runs it. It must be installed in the cluster: an add-on of a foundation stack."""
    members: Literal[3, 5] = 3
    """Number of servers, and of Sentinels."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return generated(f"{store}_password")


class CacheExternal(ValkeyExternal):
    """A cache that somebody else runs. Its eviction policy should be `allkeys-lru`."""


class CacheElasticache(ValkeyElasticache):
    """Amazon ElastiCache for Valkey as cache: evicts what was used least recently."""

    snapshot_days: Count = Field(0, ge=0, le=35)
    """Days for which its daily snapshots are kept. A cache is worth none."""


class CacheShared(ValkeyShared):
    """A cache that a foundation stack shares between its instances."""


Broker = Annotated[
    BrokerInCluster | BrokerOperator | BrokerExternal | BrokerElasticache | BrokerShared,
    Field(discriminator="source"),
]
"""Task queues and event bus."""

Cache = Annotated[
    CacheInCluster | CacheOperator | CacheExternal | CacheElasticache | CacheShared,
    Field(discriminator="source"),
]
"""Django's cache."""
