"""Connections to the datastores, whoever runs them: addresses, names, encryption, and no password.

One value for each datastore, the same whatever its source. Settings, scripts, the preflight and network
policies read these, and none of them asks for the source. Passwords are the stack's secrets, by the names
that the docstrings give.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from openedx_infra.settings.keys import SEARCH_KEY_UID

if TYPE_CHECKING:
    from openedx_infra.config import Stack

Purpose = Literal["public", "private", "grades", "ora", "exports"]
"""What a bucket is for."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A TCP address as pods see it."""

    host: str
    """Host name, such as the name of a Service."""
    port: int
    """TCP port."""

    def __str__(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"

    def of(self, stack: Stack) -> Endpoint:
        """The same of the version that a stack describes: each of two has Services of its own."""
        return replace(self, host=f"{self.host}{stack.suffix}")

    def serving(self, stack: Stack) -> Endpoint:
        """The same of the version that visitors reach, whichever version a stack describes."""
        return replace(self, host=f"{self.host}{stack.serving_suffix}")


LMS = Endpoint(host="lms", port=8000)
"""Where the LMS listens within its namespace: its Service's name, the same in every instance."""
STUDIO = Endpoint(host="studio", port=8000)
"""Where Studio listens within its namespace."""


@dataclass(frozen=True, kw_only=True)
class Tls:
    """An encrypted connection. Files are paths in pods (CERTIFICATES_DIR and SECRETS_DIR in paths.py)."""

    verify: Literal["full", "ca", "none"] = "full"
    """`full`: by a trusted authority and for this host. `ca`: for any host. `none`: whoever answers."""
    ca: str | None = None
    """The authorities to trust. None: the system's."""
    certificate: str | None = None
    """The instance's own certificate."""
    key: str | None = None
    """Its key."""


@dataclass(frozen=True, kw_only=True)
class Mysql:
    """MySQL. Secret: `mysql_password`."""

    endpoint: Endpoint
    database: str
    user: str
    tls: Tls | None = None
    replica: Endpoint | None = None
    """A copy to read from, with the same names."""
    history_database: str | None = None
    """Database of `student_module_history`; None: there is none of its own."""
    history: Endpoint | None = None
    """Its server; None: the same."""


@dataclass(frozen=True, kw_only=True)
class Mongodb:
    """MongoDB. Secret: `mongodb_password`, unless the certificate is the login."""

    members: tuple[Endpoint, ...] = ()
    """Its servers; empty with `srv`."""
    srv: str | None = None
    """Name whose DNS records list the servers."""
    database: str
    user: str
    auth_database: str
    """Database that holds the user."""
    replica_set: str | None = None
    tls: Tls | None = None
    retry_writes: bool = True
    """Whether the server knows retryable writes, which DocumentDB before 8.0.2 does not."""
    auth_mechanism: str | None = None
    """How the user logs in, as drivers name it. None: by a password, as server and driver agree."""

    @property
    def has_password(self) -> bool:
        """Whether the user has a password, rather than a certificate whose subject it is."""
        return self.auth_mechanism != "MONGODB-X509"


@dataclass(frozen=True, kw_only=True)
class Valkey:
    """A server that speaks Redis' protocol. Secret, if authenticated: `broker_password`, `cache_password`."""

    endpoint: Endpoint | None = None
    """The server; None with Sentinels."""
    sentinels: tuple[Endpoint, ...] = ()
    """Servers that know the present master. They ask for no password, and encrypt as the master does."""
    master: str | None = None
    """What the Sentinels call the master."""
    database: int = 0
    user: str | None = None
    authenticated: bool = True
    tls: Tls | None = None
    prefix: str = ""
    """What keys and queues begin with, where several instances share the server."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """A search server. Secrets: of Meilisearch `meilisearch_master_key` or `search_api_key`, of Typesense
    `search_api_key`, of the others `search_password` with a user."""

    engine: Literal["meilisearch", "elasticsearch", "opensearch", "typesense"]
    endpoint: Endpoint
    tls: Tls | None = None
    """None: plain HTTP."""
    public_url: str | None = None
    """Address for browsers, of a Meilisearch."""
    user: str | None = None
    derived_key: bool = False
    """Whether the API key is derived from `meilisearch_master_key`, rather than `search_api_key`."""
    key_uid: str = SEARCH_KEY_UID
    """Id of the derived API key."""
    version: str = ""
    """What names the version of a server whose keys and indexes are made anew for another version. Empty:
    they stay whatever its version."""

    @property
    def identity(self) -> str:
        """What the server's keys and indexes belong to: another one has none yet."""
        return " ".join(part for part in (self.engine, self.url, self.version) if part)

    @property
    def url(self) -> str:
        """Address for pods, without a path."""
        return f"{'https' if self.tls else 'http'}://{self.endpoint}"


@dataclass(frozen=True, kw_only=True)
class Volumes:
    """Uploaded files on volumes that all pods of the platform mount."""


@dataclass(frozen=True, kw_only=True)
class Buckets:
    """Uploaded files in buckets. Secrets: `s3_access_key` and `s3_secret_key`, unless pods have a role."""

    names: Mapping[Purpose, str]
    region: str
    endpoint: str | None = None
    """Address of the server for pods; None: AWS' own for the region."""
    public_endpoint: str | None = None
    """Address of the server for browsers; None: the same."""
    addressing: Literal["path", "virtual"] = "path"
    role: bool = False
    """Whether pods have a role of AWS, and need no key."""


@dataclass(frozen=True, kw_only=True)
class Smtp:
    """A mail server. Secret: `mail_password`, with a user."""

    endpoint: Endpoint
    security: Literal["none", "starttls", "tls"] = "none"
    user: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ses:
    """Amazon SES by its API, with the role of the pods."""

    region: str
    configuration_set: str | None = None


@dataclass(frozen=True, kw_only=True)
class Connections:
    """All datastores, and the way that mail goes."""

    mysql: Mysql
    mongodb: Mongodb
    broker: Valkey
    cache: Valkey
    search: Search
    storage: Volumes | Buckets
    mail: Smtp | Ses
