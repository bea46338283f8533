"""The stack file of a foundation: what many instances share, such as network, operators and servers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.base_stack import BaseStack
from openedx_infra.config.datastores.mongodb import DocumentdbServer
from openedx_infra.config.datastores.mysql import AuroraServer, RdsServer
from openedx_infra.config.datastores.search import SearchOpensearch
from openedx_infra.config.datastores.valkey import CacheElasticache, ValkeyElasticache
from openedx_infra.config.foundation.addons import Addons
from openedx_infra.config.sections.aws import Aws, StackName
from openedx_infra.config.sections.lifecycle import Drift
from openedx_infra.config.types.base import IMMUTABLE, OrNothing, Section, Switch
from openedx_infra.config.types.patterns import Pattern

OutputName = Annotated[
    str,
    Pattern("name of an output", r"[A-Za-z_][A-Za-z0-9_-]*", "as `pulumi stack output` lists it", "vpc_id"),
]
"""An output of a Pulumi stack."""


class NetworkReference(Section):
    """A network that another Pulumi stack creates and describes in its outputs."""

    stack: StackName
    """The stack."""
    vpc: OutputName = "vpc_id"
    """Its output with the VPC's id."""
    subnets: OutputName = "private_subnet_ids"
    """Its output with the list of ids of private subnets in at least two zones."""
    clients: OutputName = "client_security_group_ids"
    """Its output with the list of ids of security groups of the cluster's nodes or pods."""


class FoundationAws(Aws):
    """AWS, as far as the foundation uses it, and what it provides to instances."""

    network_reference: NetworkReference | None = None
    """The network, where another stack makes it. Either this or `network`."""
    own_key: Switch = Field(False, json_schema_extra=IMMUTABLE)
    """Whether the foundation creates a KMS key, which AWS rotates every year, for everything that it and its
    instances encrypt. Either this or `kms_key`."""


class SharedRds(RdsServer):
    """Amazon RDS for MySQL, with a database of its own for each instance."""

    source: Literal["rds"] = Field(json_schema_extra=IMMUTABLE)
    """AWS runs it. Its administrator's password is the secret `mysql_root_password`."""


class SharedAurora(AuroraServer):
    """Amazon Aurora for MySQL, with a database of its own for each instance."""

    source: Literal["aurora"] = Field(json_schema_extra=IMMUTABLE)
    """AWS runs it. Its administrator's password is the secret `mysql_root_password`."""


class SharedDocumentdb(DocumentdbServer):
    """Amazon DocumentDB, with a database of its own for each instance."""

    source: Literal["documentdb"] = Field(json_schema_extra=IMMUTABLE)
    """AWS runs it. Its administrator's password is the secret `mongodb_root_password`."""


class SharedBroker(ValkeyElasticache):
    """Amazon ElastiCache for Valkey as broker of all instances: it never evicts."""

    source: Literal["elasticache"] = Field(json_schema_extra=IMMUTABLE)
    """AWS runs it. Its password is the secret `broker_password`."""


class SharedCache(CacheElasticache):
    """Amazon ElastiCache for Valkey as cache of all instances: evicts what was used least recently."""

    source: Literal["elasticache"] = Field(json_schema_extra=IMMUTABLE)
    """AWS runs it. Its password is the secret `cache_password`."""


class SharedOpensearch(SearchOpensearch):
    """Amazon OpenSearch Service, with indexes of its own for each instance."""

    source: Literal["opensearch"] = Field(json_schema_extra=IMMUTABLE)
    """AWS runs it. Its password is the secret `search_password`."""


class SharedServers(Section):
    """Servers that instances share. A server that isn't set isn't created: each instance then has its own."""

    mysql: Annotated[SharedRds | SharedAurora, Field(discriminator="source")] | None = None
    """MySQL, for instances with `openedx:datastores.mysql: {source: shared}`."""
    mongodb: SharedDocumentdb | None = None
    """The course database, for instances with `openedx:datastores.mongodb: {source: shared}`."""
    broker: SharedBroker | None = None
    """Task queues, for instances with `openedx:datastores.broker: {source: shared}`."""
    cache: SharedCache | None = None
    """The cache, for instances with `openedx:datastores.cache: {source: shared}`."""
    search: SharedOpensearch | None = None
    """Search, for instances with `openedx:datastores.search: {source: shared}`."""
    protect: Switch = True
    """Refuse to delete or replace servers and keys. Set it to false, and run `up` once, before a `destroy`
    that is meant to delete the data of all instances."""

    @property
    def shared(self) -> tuple[str, ...]:
        """Keys of the servers that are created."""
        return tuple(name for name in SERVERS if getattr(self, name) is not None)


SERVERS = ("mysql", "mongodb", "broker", "cache", "search")
"""Keys of all servers that can be shared."""


class Foundation(BaseStack):
    """What many instances share, as its stack file describes it."""

    kind: Literal["foundation"] = Field(json_schema_extra=IMMUTABLE)
    """Kind of stack: a foundation. An instance leaves this key out, and has other keys."""
    aws: Annotated[FoundationAws | None, OrNothing] = None
    """AWS. Needed for shared servers."""
    addons: Addons = Addons()
    """Operators in the cluster."""
    datastores: SharedServers = SharedServers()
    """Servers that instances share."""
    drift: Drift = Drift()
    """What others own in the cluster."""

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Namespaces of its operators; none without any."""
        return tuple(dict.fromkeys(operator.namespace for operator in self.addons.operators.values()))

    @property
    def protects(self) -> bool:
        """Whether servers and keys can't be deleted."""
        return self.datastores.protect

    @property
    def on_aws(self) -> bool:
        """Whether any of it is on AWS."""
        return self.aws is not None
