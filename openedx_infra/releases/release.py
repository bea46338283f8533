"""The shape of a release, and the order of releases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from openedx_infra.releases.images import INFRASTRUCTURE_IMAGES, BaseImages, ImageName, ReleaseImages
from openedx_infra.releases.steps import HeavyMigration, UpgradeCommand

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
    domain_setting: str | None = None
    """Setting of the LMS that holds its address without a scheme."""
    studio: bool = False
    """Whether Studio needs the setting, too."""
    flags: tuple[str, ...] = ()
    """Feature flags that must be true for the platform to use it."""
    waffle_flags: tuple[str, ...] = ()
    """Waffle flags that are switched on for everyone when it is first deployed."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """What all micro-frontends are told of it (`MFE_CONFIG`). In texts, `{url}` stands for its address, and
    `{meilisearch}` for whether the search engine is Meilisearch: `true` or `false`."""
    app_config: Mapping[str, Any] = field(default_factory=dict)
    """What the apps of the frontend-base site are told of it (`commonAppConfig`)."""
    role: str | None = None
    """Route role by which the frontend-base site finds it, as of `FrontendApp`."""
    without: str
    """What people get where it is not served: the older pages behind it, or what is missing."""
    needed: bool = False
    """Whether there is nothing behind it that people could do without."""

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
    without: str
    """What people get where it is not served, as of `Mfe`."""
    needed: bool = False
    """As of `Mfe`."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """A release of Open edX."""

    name: str
    """Lower-case name, such as `verawood`."""
    kind: Literal["current", "previous", "nightly"] = "previous"
    """Whether the community supports it (two named releases at a time), or it is what will be the next.
    `in_order` fills it in."""
    after: str | None = None
    """Release that an instance of this one is upgraded from, one step at a time. None: no release here.
    `in_order` fills it in."""
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
    constraints: tuple[str, ...] = ()
    """Versions of Python packages that its requirements leave open and its code doesn't bear, such as
    `setuptools<82`: the image is built by them."""
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
    studio_index: tuple[tuple[str, ...], ...] = ((),)
    """Arguments of `reindex_studio`, run by run, that make Studio's index and fill it. An index that is there
    needs the last run only."""
    waffle_flags: tuple[str, ...] = ()
    """Waffle flags that are switched on for everyone when an instance is first deployed."""
    forum_in_mongodb: bool = False
    """Whether its forum reads discussions from MongoDB, where a waffle flag doesn't say MySQL."""
    runs_beside: frozenset[str] = frozenset()
    """Other releases whose code may run while and after the migrations of this one, by name. Open edX tests
    no such pair and promises none: named releases are half a year of migrations apart, which take columns
    away once no code of the last release but one reads them. So a pair stands here only when somebody tried
    it. Images of one release are made to follow each other, and are never asked about."""
    upgrade_commands: tuple[UpgradeCommand, ...] = ()
    """What the operator runs before and after an upgrade from the release before. `in_order` takes away what
    was inherited from that one."""
    heavy_migrations: tuple[HeavyMigration, ...] = ()
    """Migrations of an upgrade from the release before that take long, lock, or fail on some data. `in_order`
    takes away what was inherited from that one."""

    @property
    def node_image(self) -> str:
        """Node.js on Debian with what npm needs to install packages from source: Git, Python, compilers."""
        return f"docker.io/library/node:{self.node}-bookworm"

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

    def image(self, name: ImageName) -> str | None:
        """Reference of an image. None where nobody publishes one."""
        reference: str | None = INFRASTRUCTURE_IMAGES.get(name) or getattr(self.images, name)
        return reference


def mfes(*each: Mfe) -> tuple[Mfe, ...]:
    """Micro-frontends in the order of their names: those of the release before, and the new ones."""
    return tuple(sorted(each, key=lambda mfe: mfe.name))


def in_order(named: Sequence[Release], nightly: Release) -> dict[str, Release]:
    """Releases by name, each with its `kind` and the release that it comes `after`: the named ones, oldest
    first, and the nightly one."""
    releases: dict[str, Release] = {}
    former: Release | None = None
    for release in named:
        kind: Literal["current", "previous"] = "current" if release is named[-1] else "previous"
        releases[release.name] = _placed(release, kind, former)
        former = release
    releases[nightly.name] = _placed(nightly, "nightly", former)
    return releases


def _placed(
    release: Release, kind: Literal["current", "previous", "nightly"], former: Release | None
) -> Release:
    """A release after another one, without the upgrade steps that it inherited from it."""
    commands, migrations = release.upgrade_commands, release.heavy_migrations
    if former is not None:
        commands = () if commands is former.upgrade_commands else commands
        migrations = () if migrations is former.heavy_migrations else migrations
    return replace(
        release,
        kind=kind,
        after=former.name if former else None,
        upgrade_commands=commands,
        heavy_migrations=migrations,
    )
