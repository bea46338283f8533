"""Container images: those of a release, those that every release runs with, and the names of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

ImageName = Literal[
    "openedx",
    "mfe",
    "mysql",
    "mongodb",
    "valkey",
    "meilisearch",
    "versitygw",
    "smtp",
    "percona_mysql",
    "percona_haproxy",
    "percona_mongodb",
    "redis",
    "redis_sentinel",
    "rclone",
    "restic",
    "mysqld_exporter",
    "redis_exporter",
]
"""An image by its key in the stack file's `images`."""

IMAGE_NAMES: tuple[ImageName, ...] = get_args(ImageName)
"""All of them, in the order in which outputs and commands list them."""


@dataclass(frozen=True, kw_only=True)
class ReleaseImages:
    """The images that suit a release, as references with registry and tag."""

    openedx: str | None
    """None where nobody publishes one: a stack builds it, or names one."""
    mfe: str | None
    """None as above."""
    mysql: str
    mongodb: str
    valkey: str
    meilisearch: str
    smtp: str


@dataclass(frozen=True, kw_only=True)
class BaseImages:
    """The images that a release's own images are built on and with."""

    system: str = "docker.io/library/debian:bookworm-slim"
    """System under the platform, and under the builds."""
    node: str
    """Node.js, for assets and MFEs."""
    uv: str
    """uv, which brings Python and installs the requirements."""
    caddy: str = "docker.io/library/caddy:2.11.7"
    """Static server under the MFEs."""


INFRASTRUCTURE_IMAGES: Mapping[ImageName, str] = {
    # The S3 server that our scripts and tests are written for.
    "versitygw": "ghcr.io/versity/versitygw:v1.8.0",
    # Images of operators are those that the publisher of the pinned operator tests it with.
    "percona_mysql": "docker.io/percona/percona-server:8.4.8-8.1",
    "percona_haproxy": "docker.io/percona/haproxy:2.8.18-1",
    "percona_mongodb": "docker.io/percona/percona-server-mongodb:7.0.30-16",
    # The operator of Redis knows no other image.
    "redis": "quay.io/opstree/redis:v7.0.15",
    "redis_sentinel": "quay.io/opstree/redis-sentinel:v7.0.15",
    "rclone": "docker.io/rclone/rclone:1.76.0",
    "restic": "docker.io/restic/restic:0.18.1",
    "mysqld_exporter": "docker.io/prom/mysqld-exporter:v0.18.0",
    "redis_exporter": "docker.io/oliver006/redis_exporter:v1.80.1",
}
"""The images that are the same with every release."""
