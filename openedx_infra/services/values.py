"""What configuration files of a companion service are made of: addresses, logins and secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from openedx_infra.config.services.buckets import Bucket
from openedx_infra.config.services.definition import MysqlDatabase, on_server
from openedx_infra.config.stack import Stack
from openedx_infra.services.tokens import jwt_auth
from openedx_infra.settings import keys
from openedx_infra.settings.connections import LMS, STUDIO, Buckets, Connections
from openedx_infra.settings.datastores import valkey
from openedx_infra.settings.datastores.caches import cache
from openedx_infra.settings.datastores.mysql import alias
from openedx_infra.settings.merging import merged


@dataclass(frozen=True, kw_only=True)
class BucketAccess:
    """A bucket as a program reaches it."""

    name: str
    """The bucket's name at the server."""
    server: Buckets
    """Where it is: address, region, and how the bucket is addressed. `names` are those of the platform's
    own buckets."""
    access_key: str | None = None
    """Login. None: the pods have a role of AWS, which AWS' libraries find."""
    secret_key: str | None = None

    @property
    def public_host(self) -> str | None:
        """Host and path by which browsers read it, without a scheme: `files.example.org/bucket`. None:
        AWS' own for the region."""
        address = self.server.public_endpoint or self.server.endpoint
        if address is None:
            return None
        host = urlsplit(address).netloc
        return f"{self.name}.{host}" if self.server.addressing == "virtual" else f"{host}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Values:
    """What the text of a configuration file is made of, and what is known only when resources are
    registered."""

    stack: Stack
    """The configuration."""
    service: str = ""
    """Name of the service."""
    connections: Connections
    """How the datastores are reached."""
    secrets: Mapping[str, str]
    """Values of the service's own secrets, and of those by which the platform logs in to the datastores that
    the service uses, by name."""
    buckets: Mapping[str, str] = field(default_factory=dict)
    """Names of the service's buckets by what they are for. Empty: files lie on volumes."""

    def django_database(self, database: MysqlDatabase) -> dict[str, Any]:
        """One entry of Django's DATABASES, password and encryption among it."""
        named = on_server(self.stack, database)
        server = replace(self.connections.mysql, database=named.database, user=named.user)
        entry = alias(server, server.endpoint, named.database)
        return {**entry, "PASSWORD": self.secrets[database.secret]}

    def django_cache(self, prefix: str) -> dict[str, Any]:
        """One entry of Django's CACHES by django-redis, on the instance's cache. All its keys begin with
        `prefix`, which no other service has."""
        server = self.connections.cache
        login = {"OPTIONS": {"PASSWORD": self.secrets["cache_password"]}} if server.authenticated else {}
        return merged(cache(server, prefix), login)

    def redis_url(self, store: Literal["broker", "cache"]) -> str:
        """Address of the broker or the cache with its login, such as `redis://:…@broker:6379/0`. Of servers
        that Sentinels know, it is that of the first Sentinel, which few clients can use."""
        server = self.connections.broker if store == "broker" else self.connections.cache
        login = self.secrets[f"{store}_password"] if server.authenticated else None
        endpoint = server.endpoint or server.sentinels[0]
        return valkey.url(server, endpoint, valkey.scheme(server), login)

    def bucket(self, bucket: Bucket) -> BucketAccess | None:
        """How a bucket is reached. None: files lie on volumes, and this one in its `folder`."""
        server = self.connections.storage
        if not isinstance(server, Buckets):
            return None
        name = self.buckets[bucket.name]
        if server.role:
            return BucketAccess(name=name, server=server)
        access, secret = self.secrets["s3_access_key"], self.secrets["s3_secret_key"]
        return BucketAccess(name=name, server=server, access_key=access, secret_key=secret)

    def django_storage(self, bucket: Bucket, base_url: str = "/media/") -> dict[str, Any]:
        """One entry of Django's STORAGES: django-storages with boto3, or a folder. Addresses of a public
        bucket's files are the bucket's own; of a folder's they begin with `base_url`, where the service
        hands them out."""
        access = self.bucket(bucket)
        if access is None:
            options = {"location": bucket.folder, "base_url": base_url}
            return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
        public = {"custom_domain": access.public_host, "url_protocol": self._url_protocol(access)}
        optional = {
            "endpoint_url": access.server.endpoint,
            "access_key": access.access_key,
            "secret_key": access.secret_key,
            **(public if bucket.public and access.public_host else {}),
        }
        return {
            "BACKEND": "storages.backends.s3boto3.S3Boto3Storage",
            "OPTIONS": {
                "bucket_name": access.name,
                "region_name": access.server.region,
                "addressing_style": access.server.addressing,
                "signature_version": "s3v4",
                "default_acl": None,
                "file_overwrite": False,
                "querystring_auth": not bucket.public,
                **{name: value for name, value in optional.items() if value is not None},
            },
        }

    @staticmethod
    def _url_protocol(access: BucketAccess) -> str:
        return f"{urlsplit(access.server.public_endpoint or access.server.endpoint or '').scheme}:"

    @property
    def search_key(self) -> str:
        """API key of the instance's Meilisearch or Typesense, for indexes whose names begin with
        `index_prefix`."""
        if self.connections.search.derived_key:
            return keys.search_api_key(self.secrets["meilisearch_master_key"])
        return self.secrets["search_api_key"]

    def jwt_auth(self) -> dict[str, Any]:
        """JWT_AUTH of a service of Open edX that sets `checks_tokens`, by the names of edx-drf-extensions."""
        return jwt_auth(self.stack, self.secrets)

    @property
    def index_prefix(self) -> str:
        """What the names of the instance's search indexes begin with."""
        return keys.index_prefix(self.stack)

    @property
    def own_index_prefix(self) -> str:
        """What the names of the service's own search indexes begin with: `campus_badges_`. `search_key` is
        good for them; Elasticsearch and OpenSearch take them in lower case alone."""
        prefix = f"{self.index_prefix}{self.service.replace('-', '_')}_"
        lower = self.connections.search.engine in ("elasticsearch", "opensearch")
        return prefix.lower().lstrip("-_") if lower else prefix

    @property
    def lms(self) -> str:
        """Address of the LMS within the namespace, of the version that serves."""
        return internal_lms(self.stack)

    @property
    def studio(self) -> str:
        """Address of Studio within the namespace, of the version that serves."""
        return f"http://{STUDIO.serving(self.stack)}"


def internal_lms(stack: Stack) -> str:
    """Address of the LMS within the namespace, of the version that serves: `http://lms:8000`."""
    return f"http://{LMS.serving(stack)}"
