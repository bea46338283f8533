"""What is a release? The shape that each named release fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

GITHUB = "https://github.com/openedx"
"""Where Open edX keeps its repositories."""


@dataclass(frozen=True, kw_only=True)
class Mfe:
    """A micro-frontend that is served as a folder of its own under the MFE host."""

    name: str
    """Folder in the image and first part of its path, such as `learning`."""
    port: int
    """Port of its development server, which the platform's own development settings expect."""
    setting: str | None = None
    """Setting of LMS or Studio that holds its address, such as `LEARNING_MICROFRONTEND_URL`."""
    suffix: str = ""
    """What the setting's address has after the folder: `/` or a path."""
    studio: bool = False
    """Whether Studio needs the setting, too."""
    flags: tuple[str, ...] = ()
    """Feature flags that must be true for the platform to use it."""
    waffle_flags: tuple[str, ...] = ()
    """Waffle flags that are switched on for everyone when it is first deployed."""

    @property
    def repository(self) -> str:
        """Address of its Git repository."""
        return f"{GITHUB}/frontend-app-{self.name}.git"


@dataclass(frozen=True, kw_only=True)
class FrontendApp:
    """An app of the frontend-base site (OEP-65), which is one bundle at the root of the MFE host."""

    name: str
    """Name of the app, which is also its path. Its npm package is `@openedx/frontend-app-NAME`."""
    version: str
    """Versions of its npm package that will do, in npm's words."""
    role: str
    """Route role by which other frontends find it: `org.openedx.frontend.role.instructorDashboard`."""
    setting: str | None = None
    """Setting of the LMS that holds its address, if there is one."""


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
    versitygw: str
    """The S3 server: the one that our scripts and tests are written for, whatever the release."""
    smtp: str
    percona_mysql: str = "docker.io/percona/percona-server:8.4.8-8.1"
    """MySQL as Percona's operator runs it. The images of operators are those that the publisher of the pinned
    operator tests it with, whatever the release."""
    percona_haproxy: str = "docker.io/percona/haproxy:2.8.18-1"
    """The proxy in front of it."""
    percona_mongodb: str = "docker.io/percona/percona-server-mongodb:7.0.30-16"
    """MongoDB as Percona's operator runs it."""
    redis: str = "quay.io/opstree/redis:v7.0.15"
    """Redis as its operator runs it, which knows no other image."""
    redis_sentinel: str = "quay.io/opstree/redis-sentinel:v7.0.15"
    """Its Sentinels."""
    rclone: str = "docker.io/rclone/rclone:1.76.0"
    """rclone, which takes files to buckets: of backups and of tracking events."""
    restic: str = "docker.io/restic/restic:0.18.1"
    """restic, which encrypts, keeps and thins out backups."""
    mysqld_exporter: str = "docker.io/prom/mysqld-exporter:v0.18.0"
    """Metrics of MySQL, by the Prometheus project."""
    redis_exporter: str = "docker.io/oliver006/redis_exporter:v1.80.1"
    """Metrics of broker and cache, and the lengths of queues."""


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


@dataclass(frozen=True, kw_only=True)
class Release:
    """A release of Open edX."""

    name: str
    """Lower-case name, such as `verawood`."""
    kind: Literal["current", "previous", "nightly"]
    """Whether the community supports it (two named releases at a time), or it is what will be the next."""
    after: str | None
    """Release that an instance of this one is upgraded from, one step at a time. None: no release here."""
    ref: str
    """Git tag or branch of all repositories of the release."""
    refs: Mapping[str, str] = field(default_factory=dict)
    """Repositories that have another ref, by their names under `GITHUB`."""
    python: str
    """Version of Python that the platform runs on."""
    node: str
    """Version of Node.js that builds its assets and MFEs."""
    uv: str
    """Version of uv that installs its requirements."""
    requirements: Literal["txt", "uv.lock"]
    """What pins the platform's requirements: requirements/edx/*.txt, or uv.lock beside pyproject.toml."""
    bases: BaseImages
    """Images to build on."""
    images: ReleaseImages
    """Images to run when the stack file names none."""
    lms_queues: tuple[str, ...] = ("default", "high", "high_mem")
    """Last words of the LMS' Celery queues."""
    studio_queues: tuple[str, ...] = ("default", "high", "low")
    """Last words of Studio's Celery queues."""
    mfes: tuple[Mfe, ...]
    """Micro-frontends served as folders."""
    frontend_apps: tuple[FrontendApp, ...]
    """Apps of the frontend-base site."""
    search_engines: tuple[str, ...] = ("meilisearch", "elasticsearch", "opensearch")
    """Engines that its edx-search can use."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of LMS and Studio that this release alone needs, laid over those of every release."""
    unknown_settings: frozenset[str] = frozenset()
    """Settings that every other release reads and this one doesn't: they are left out."""
    waffle_flags: tuple[str, ...] = ()
    """Waffle flags that are switched on for everyone when an instance is first deployed."""
    runs_beside: frozenset[str] = frozenset()
    """Other releases whose code may run while and after the migrations of this one, by name. Open edX tests
    no such pair and promises none: named releases are half a year of migrations apart, which take columns
    away once no code of the last release but one reads them. So a pair stands here only when somebody tried
    it. Images of one release are made to follow each other, and are never asked about."""

    @property
    def mfe_names(self) -> tuple[str, ...]:
        """Names of everything that is served under the MFE host."""
        return tuple(mfe.name for mfe in self.mfes) + tuple(app.name for app in self.frontend_apps)

    @property
    def platform_repository(self) -> str:
        """Address of edx-platform's Git repository."""
        return f"{GITHUB}/openedx-platform.git"

    def ref_of(self, repository: str) -> str:
        """Git tag or branch of a repository by its name, such as `openedx-translations`."""
        return self.refs.get(repository, self.ref)
