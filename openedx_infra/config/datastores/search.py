"""The sources of the search server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.datastores.common import Gigabytes, Tls
from openedx_infra.config.datastores.password_limits import OPENSEARCH
from openedx_infra.config.datastores.source import SecretNeed, Source, generated, only_operator_knows
from openedx_infra.config.types.base import IMMUTABLE, Count, Switch
from openedx_infra.config.types.hosts import Hostname
from openedx_infra.config.types.patterns import Pattern
from openedx_infra.config.types.quantities import Disk

ServerUrl = Annotated[
    str,
    Pattern(
        "address of a server",
        r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?",
        "http or https, a host in lower case, perhaps a port, and no path",
        "https://search.example.org:7700",
    ),
]
"""An address of a server that pods connect to, without a path."""

SearchInstance = Annotated[
    str,
    Pattern(
        "instance type",
        r"[a-z0-9-]+\.[a-z0-9]+\.search",
        "as Amazon OpenSearch Service names them",
        "m7g.large.search",
    ),
]
"""Size of a node of Amazon OpenSearch Service."""


class SearchInCluster(Source):
    """Meilisearch of the instance's own. Derived data, which a reindex makes anew."""

    run_by = "cluster"
    images = ("meilisearch",)

    source: Literal["in-cluster"] = Field("in-cluster", json_schema_extra=IMMUTABLE)
    """The instance runs it as a StatefulSet of one pod."""
    storage: Disk = "5Gi"
    """Size of its volume. It may grow later where the StorageClass allows it, and never shrinks."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return generated("meilisearch_master_key")


class SearchExternal(Source):
    """A search server that somebody else runs."""

    run_by = "external"
    images = ()

    source: Literal["external"] = Field(json_schema_extra=IMMUTABLE)
    """The instance only uses it."""
    engine: Literal["meilisearch", "elasticsearch", "opensearch", "typesense"]
    """What it is. Studio's own search, and that of libraries, need Meilisearch: with another engine they are
    switched off."""
    url: ServerUrl
    """Its address."""
    public_host: Hostname | None = None
    """Host by which browsers reach a Meilisearch, always by https. None: `openedx:site.search_host`, whose
    requests the ingress can't pass on, so that it must point to the server itself."""
    username: str | None = Field(None, min_length=1)
    """User name at Elasticsearch or OpenSearch, with the password `search_password`. None: no login."""
    provisioned: Switch = True
    """Whether the API key of a Meilisearch exists already: the secret `search_api_key`. If not, it is made by
    the secret `meilisearch_master_key`. Typesense's is always `search_api_key`."""
    tls: Tls | None = None
    """How the server of an https address proves who it is. None: by authorities that browsers trust."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        if self.engine == "typesense" or (self.engine == "meilisearch" and self.provisioned):
            return only_operator_knows("search_api_key")
        if self.engine == "meilisearch":
            return only_operator_knows("meilisearch_master_key")
        return only_operator_knows("search_password") if self.username is not None else ()


class SearchOpensearch(Source):
    """Amazon OpenSearch Service. Studio's own search, which needs Meilisearch, is switched off."""

    run_by = "aws-network"
    images = ()

    source: Literal["opensearch"] = Field(json_schema_extra=IMMUTABLE)
    """AWS runs it, and the instance's own stack makes it. Its password is the secret `search_password`."""
    instance_type: SearchInstance = "t3.small.search"
    """Size of each node."""
    nodes: Count = Field(2, ge=1, le=20)
    """Number of nodes; with two or more they are spread over zones."""
    storage: Gigabytes = 20
    """Disk of each node, in GiB."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return generated("search_password", limit=OPENSEARCH)


class SearchShared(Source):
    """A search server that a foundation stack shares. Indexes of one instance begin with its name, but for
    those of the forum: discussions must be switched off."""

    run_by = "foundation"
    images = ()

    source: Literal["shared"] = Field(json_schema_extra=IMMUTABLE)
    """The foundation stack of `openedx:foundation` tells server and password."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return ()  # the foundation hands it on


Search = Annotated[
    SearchInCluster | SearchExternal | SearchOpensearch | SearchShared, Field(discriminator="source")
]
"""What learners and authors find."""
