"""What the configuration, the settings and the secrets need of a companion service, as data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeVar

from openedx_infra.config.datastores.common import LONGEST, cut_short
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.secrets.catalogue import Secret
from openedx_infra.config.services.alerts import ServiceAlert
from openedx_infra.config.services.buckets import Bucket
from openedx_infra.config.services.section import ServiceSection
from openedx_infra.config.stack import Stack
from openedx_infra.releases import Mfe as Mfe

S = TypeVar("S", bound=ServiceSection)

INTERFACE = 1
"""Version of this interface. It grows when a service that was written for it would no longer work."""

Site = Literal["lms", "cms"]
"""A site of the platform by its name in edx-platform."""


def _nothing(_stack: Stack, _section: Any) -> tuple[()]:
    return ()


def _no_names(_stack: Stack, _section: Any) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True)
class ServiceUser:
    """A user of the LMS as whom a service acts. Set-up makes it, and takes its rights while the service is
    off."""

    name: str
    """User name, such as `credentials_service_user`."""
    staff: bool = False
    """Whether it may use Django's admin, and endpoints for staff."""
    superuser: bool = False
    """Whether it has all rights."""


@dataclass(frozen=True, kw_only=True)
class OauthClient:
    """An OAuth client of the LMS. Set-up makes it, and deletes it while the service is off."""

    client_id: str
    """Its public id, such as `notes-sso`."""
    secret: str
    """Name of the service's secret that is its client secret."""
    user: str
    """User name of the service user that it belongs to."""
    grant: Literal["authorization-code", "client-credentials"]
    """How it gets tokens: for people who sign in by it, or for itself."""
    redirect_uris: Sequence[str] = ()
    """Addresses that people may be led back to."""
    scopes: Sequence[str] = ("user_id",)
    """Scopes that it may ask for."""
    skip_authorization: bool = True
    """Whether people are not asked if they trust it, as it belongs to the site."""


@dataclass(frozen=True, kw_only=True)
class ConfigModel:
    """Values of a configuration model of the LMS (django-config-models), which keeps every change and of
    which one row is in force. Set-up saves a row where the one in force differs, and disables it while the
    service is off."""

    model: str
    """Django app and model, such as `credentials.CredentialsApiConfig`."""
    fields: Mapping[str, Any]
    """Its fields beside `enabled`, which is true. Others keep what they have; never a secret."""


@dataclass(frozen=True, kw_only=True)
class PlatformSettings:
    """What LMS and Studio get of a service. `{"secret": NAME}` anywhere in a setting stands for a secret of
    the service, which pods read from a file."""

    common: Mapping[str, Any] = field(default_factory=dict)
    """Settings of both sites, flags among them, by the platform's own names."""
    lms: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the LMS alone."""
    studio: Mapping[str, Any] = field(default_factory=dict)
    """Settings of Studio alone."""
    mfe_config: Mapping[str, Any] = field(default_factory=dict)
    """Entries of MFE_CONFIG, which every visitor reads: never a secret."""
    waffle_flags: Mapping[str, bool] = field(default_factory=dict)
    """Waffle flags, as `features.waffle_flags` has them; the stack file's own win."""
    waffle_switches: Mapping[str, bool] = field(default_factory=dict)
    """Waffle switches, likewise."""
    site_configuration: Mapping[str, Any] = field(default_factory=dict)
    """Entries of the site configuration of the LMS' site."""
    duties: Sequence[str] = ()
    """Duties of the platform, by their keys in `openedx:duties`, that are on with the service, unless the
    stack file turns them on or off."""
    oauth_clients: Sequence[OauthClient] = ()
    """OAuth clients."""
    service_users: Sequence[ServiceUser] = ()
    """Users of the LMS as whom it acts."""
    config_models: Sequence[ConfigModel] = ()
    """Configuration models of the LMS that turn the service on there."""


def serves(stack: Stack, mfe: Mfe) -> bool:
    """Whether a micro-frontend of a service that is on is served: its image is the stack's own, and it isn't
    in `mfes.disabled`."""
    return stack.images.mfe is not None and mfe.name not in stack.mfes.disabled


@dataclass(frozen=True, kw_only=True)
class FurtherImage:
    """An image of a program of somebody else's that a service runs beside its own."""

    location: Location
    """Place of the key that may name it, within the service's section."""
    reference: str
    """Its reference as its publisher has it."""
    by_stack_file: bool
    """Whether the stack file names it."""


def _no_settings(_stack: Stack, _section: Any) -> PlatformSettings:
    return PlatformSettings()


@dataclass(frozen=True, kw_only=True)
class Code:
    """Where the code of a service is, with a Dockerfile."""

    repository: str
    """Its Git repository: `https://github.com/openedx/xqueue.git`."""
    refs: Mapping[str, str]
    """Branch, tag or commit by release."""
    folder: str = ""
    """Folder with the Dockerfile. Empty: the top."""
    target: str | None = None
    """Stage to build. None: the last."""


@dataclass(frozen=True, kw_only=True)
class MysqlDatabase:
    """A database on the instance's MySQL, whoever runs that. Backups hold it, and the restore test loads
    it."""

    database: str
    """Its name."""
    user: str
    """User who has all rights on it, and on nothing else."""
    secret: str
    """Name of the service's secret that is the user's password."""


def on_server(stack: Stack, database: MysqlDatabase) -> MysqlDatabase:
    """The database by the names that it has on the stack's MySQL: on a server that other instances may use,
    too, they begin with those of the platform's own."""
    mysql = stack.datastores.mysql
    if mysql.run_by not in ("foundation", "external"):
        return database
    return replace(
        database,
        database=_joined(mysql.database, database.database),
        user=_joined(mysql.user, database.user),
    )


def _joined(ours: str, name: str) -> str:
    """Both names in one of at most 32 characters, which is MySQL's limit for users."""
    whole = f"{ours}_{name}"
    return whole if len(whole) <= LONGEST else cut_short(whole, whole)


@dataclass(frozen=True, kw_only=True)
class ServiceDefinition(Generic[S]):
    """A companion service, as far as the configuration goes. Its functions take the stack and the service's
    own section; they are pure. Those of secrets and databases are asked while the service is off, too."""

    name: str
    """Key under `openedx:services`, and beginning of the names of all that it has: at most 20 lower-case
    letters and digits, and hyphens between them."""
    title: str
    """What people call it."""
    summary: str
    """What people have of it, in one phrase."""
    interface: int
    """Version of the interface that it was written for: `INTERFACE` of that time."""
    section: type[S]
    """Model of its section of the stack file."""
    images: Mapping[str, str] = field(default_factory=dict)
    """Reference of its image by release. For a release that isn't there, the section must name one."""
    code: Code | None = None
    """Its code, for stack files that build its image. None: they must name it."""
    alerts: Sequence[ServiceAlert] = ()
    """Alerts on it, where the stack has Prometheus."""
    further_images: Callable[[Stack, S], Iterable[FurtherImage]] = _nothing
    """Images of programs of somebody else's that it runs, such as a search server."""
    stands_for: Sequence[str] = ()
    """Flags of the platform that need this service, or another one that settings name."""
    secrets: Callable[[Stack, S], Iterable[Secret]] = _nothing
    """Its secrets. Each name begins with the service's, and an underscore after it."""
    databases: Callable[[Stack, S], Iterable[MysqlDatabase]] = _nothing
    """Its databases on the instance's MySQL, by their names on a server of one instance."""
    buckets: Sequence[Bucket] = ()
    """Its buckets, for files that are uploaded to it. They are kept while it is off."""
    hosts: Callable[[Stack, S], Mapping[str, str]] = _no_names
    """Its public hosts, by the keys of its section that set them."""
    conflicts: Callable[[Stack, S], Iterable[tuple[Location, str]]] = _nothing
    """What is impossible in its section: the key's place within the section, and the text of the error."""
    platform: Callable[[Stack, S], PlatformSettings] = _no_settings
    """What LMS and Studio get of it."""
    mfes: Sequence[Mfe] = ()
    """Micro-frontends that it brings. No published image has them, so that they are served where the stack
    file sets `images.mfe`; a build (`source: build`) has them by itself."""

    @property
    def prefix(self) -> str:
        """What names of its secrets begin with."""
        return f"{self.name.replace('-', '_')}_"

    def databases_of(self, stack: Stack, section: S) -> list[MysqlDatabase]:
        """Its databases by the names that they have on the stack's MySQL."""
        return [on_server(stack, each) for each in self.databases(stack, section)]


@dataclass(frozen=True, kw_only=True)
class Installed(Generic[S]):
    """A companion service of a stack, with its section."""

    service: ServiceDefinition[S]
    section: S

    @property
    def name(self) -> str:
        """The service's name."""
        return self.service.name

    @property
    def location(self) -> Location:
        """Place of its section in the stack file."""
        return ("services", self.service.name)

    def image(self, stack: Stack) -> str | None:
        """Reference of its image, at its registry's mirror; of one that is built here, its tag. None: neither
        it nor the section has one for the release, which validation refuses."""
        if build := self.section.build:
            return f"{build.repository}:{build.tag or stack.release}"
        image = self.section.image or self.service.images.get(stack.release)
        return stack.images.mirrored(image) if image else None
