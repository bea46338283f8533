"""Container images: by default those of the release."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from openedx_infra.config.images.builds import ImageRepository, MfeBuild, OpenedxBuild, ThemesBuild
from openedx_infra.config.types.base import Distinct, ImageReference, KubernetesName, Section, Switch
from openedx_infra.config.types.patterns import Pattern

_PATTERN: Pattern = get_args(ImageReference)[1]


@dataclass(frozen=True)
class _Shorthand:
    """Marks a source that may be written as plain text: a reference."""

    def expand(self, value: Any) -> Any:
        """The text as the map that it stands for; everything else as it is. Raises ValueError."""
        return {"source": "reference", "image": _PATTERN.check(value)} if isinstance(value, str) else value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic's protocol: expand before the type is validated."""
        return core_schema.no_info_before_validator_function(self.expand, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Pydantic's protocol: text or map."""
        text = {"type": "string", "pattern": f"^{_PATTERN.regex}$", "examples": [_PATTERN.example]}
        return {"anyOf": [text, handler(schema)]}


class Reference(Section):
    """An image that somebody else built. It may be written as plain text, too: `openedx:
    registry/name:tag`."""

    source: Literal["reference"]
    """The image exists already."""
    image: ImageReference
    """Its registry, name, and tag or digest."""


OpenedxImage = Annotated[Reference | OpenedxBuild | ThemesBuild, Field(discriminator="source"), _Shorthand()]
MfeImage = Annotated[Reference | MfeBuild, Field(discriminator="source"), _Shorthand()]

RegistryHost = Annotated[
    str,
    Pattern("registry", r"[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?", "its host, with a port if need be", "ghcr.io"),
]
"""A registry by its host."""

RegistryName = Annotated[
    str,
    Pattern(
        "name", r"[a-z][a-z0-9_]{0,30}", "at most 31 lower-case letters, digits and underscores", "github"
    ),
]
"""What a stack file calls a registry; its password is the secret `registry_password_<name>`."""


class Registry(Section):
    """A registry that requires a login."""

    host: RegistryHost
    """Its host, as image references begin with it."""
    username: str = Field(min_length=1)
    """User name of the login."""


class Images(Section):
    """One image per server. Images that are not set come from the release."""

    openedx: OpenedxImage | None = None
    """LMS, Studio, their workers and Jobs: edx-platform in /openedx/edx-platform, its virtual environment in
    /openedx/venv, static files in /openedx/staticfiles."""
    mfe: MfeImage | None = None
    """All micro-frontends, built into `/openedx/dist/<app>`, with Caddy as `caddy`."""
    mysql: ImageReference | None = None
    """MySQL server."""
    mongodb: ImageReference | None = None
    """MongoDB server, with mongosh."""
    valkey: ImageReference | None = None
    """Valkey (or Redis) server, for broker and cache."""
    meilisearch: ImageReference | None = None
    """Meilisearch server."""
    versitygw: ImageReference | None = None
    """Versity Gateway: the S3 server of `datastores.storage` in the cluster."""
    smtp: ImageReference | None = None
    """SMTP relay that accepts mail without a password on port 8025."""
    percona_mysql: ImageReference | None = None
    """Percona Server for MySQL, where an operator runs it."""
    percona_haproxy: ImageReference | None = None
    """HAProxy, as Percona builds it, in front of that."""
    percona_mongodb: ImageReference | None = None
    """Percona Server for MongoDB, where an operator runs it."""
    redis: ImageReference | None = None
    """Redis, as OpsTree builds it, where an operator runs broker or cache."""
    redis_sentinel: ImageReference | None = None
    """Redis' Sentinel, as OpsTree builds it, beside that."""
    rclone: ImageReference | None = None
    """rclone with a shell, which takes files to buckets."""
    restic: ImageReference | None = None
    """restic with a shell, which keeps backups."""
    mysqld_exporter: ImageReference | None = None
    """Prometheus' exporter of MySQL's metrics."""
    redis_exporter: ImageReference | None = None
    """Exporter of metrics of Redis and Valkey."""

    require_digest: Switch = False
    """Refuse images that are named by a tag alone, as a tag can mean another image tomorrow. Set it to true
    in production; `openedx-infra images digest` prints what to write."""
    mirrors: dict[RegistryHost, ImageRepository] = Field({})
    """Mirrors of registries: where to take images of a registry from instead, such as
    `docker.io: registry.example.org/docker-hub`. For all images, those to build on included."""
    registries: dict[RegistryName, Registry] = Field({})
    """Registries that require a login, by names of your choice. Builds and nodes log in with the secret
    `registry_password_<name>`."""
    builder: str | None = Field(None, min_length=1)
    """Builder to use, of `docker buildx ls`. Default: the selected one."""
    pull_policy: Literal["IfNotPresent", "Always", "Never"] = "IfNotPresent"
    """When nodes pull an image."""
    pull_secrets: Annotated[tuple[KubernetesName, ...], Distinct] = ()
    """Names of Secrets of type kubernetes.io/dockerconfigjson that are in the namespace already, for private
    registries. For those in `registries`, one is created."""

    @property
    def builds(self) -> dict[str, OpenedxBuild | ThemesBuild | MfeBuild]:
        """The images that are built here, by name."""
        images = {"openedx": self.openedx, "mfe": self.mfe}
        return {
            name: image
            for name, image in images.items()
            if isinstance(image, OpenedxBuild | ThemesBuild | MfeBuild)
        }

    def mirrored(self, reference: str) -> str:
        """A reference as the mirror of its registry has it."""
        host, _, rest = reference.partition("/")
        return f"{self.mirrors[host]}/{rest}" if host in self.mirrors else reference


def has_digest(reference: str) -> bool:
    """Whether a reference names its image by content."""
    return re.search(r"@sha256:[0-9a-f]{64}$", reference) is not None
