"""The stack file of an instance as a whole: the root model, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from openedx_infra.config.base_stack import BaseStack
from openedx_infra.config.datastores import Datastores
from openedx_infra.config.datastores.mongodb import Mongodb
from openedx_infra.config.datastores.mysql import Mysql
from openedx_infra.config.datastores.search import Search
from openedx_infra.config.datastores.storage import Storage, StorageInCluster
from openedx_infra.config.datastores.valkey import Broker, Cache
from openedx_infra.config.development.section import Development, with_local_tls
from openedx_infra.config.errors.key_paths import Location
from openedx_infra.config.extras.containers import Extras
from openedx_infra.config.images.builds import Build, ServiceBuild
from openedx_infra.config.images.images import Images, Reference
from openedx_infra.config.sections.aws import Aws, StackName
from openedx_infra.config.sections.backups import Backups
from openedx_infra.config.sections.cluster import Cluster
from openedx_infra.config.sections.duties import Duties
from openedx_infra.config.sections.event_bus import EventBus
from openedx_infra.config.sections.features import Features, Mfes, Settings
from openedx_infra.config.sections.ingress import Ingress
from openedx_infra.config.sections.lifecycle import (
    BlueGreen,
    Colour,
    Drift,
    Maintenance,
    Migrations,
    ReleaseName,
)
from openedx_infra.config.sections.mail import Mail, MailDelivery
from openedx_infra.config.sections.monitoring import Monitoring
from openedx_infra.config.sections.network import Egress
from openedx_infra.config.sections.overrides import Override
from openedx_infra.config.sections.parts.event_sinks import EventSinks
from openedx_infra.config.sections.parts.mobile import Mobile
from openedx_infra.config.sections.parts.retirement import Retirement
from openedx_infra.config.sections.site import Site
from openedx_infra.config.services.section import Services
from openedx_infra.config.sizing.sizing import Sizing
from openedx_infra.config.types.base import IMMUTABLE, OrNothing
from openedx_infra.releases import DEFAULT_RELEASE, IMAGE_NAMES, RELEASES, ImageName, Release

PROJECT = "openedx"
"""Name of the Pulumi project, which is also the namespace of all keys in stack files."""
SCRATCH_END = "-drill"
"""Suffix of the namespaces in which backups are tested. No instance's namespace may end with it."""

SECRETS_KEY = "secrets"
"""Key of the secrets, which are not part of the model: only Pulumi decrypts them."""

_IMAGES_OF_ALL = ("openedx", "mfe", "mysql", "mongodb")
"""Images that are always run: those of MySQL and MongoDB hold the clients that make databases and users,
wherever the server is."""

_IMAGES_OF_PARTS: Mapping[str, Callable[[Stack], bool]] = {
    "rclone": lambda stack: stack.monitoring.tracking is not None or stack.backups is not None,
    "restic": lambda stack: stack.backups is not None,
    "valkey": lambda stack: stack.backups is not None and stack.backups.drill is not None,
    "mysqld_exporter": lambda stack: stack.monitoring.prometheus,
    "redis_exporter": lambda stack: stack.monitoring.prometheus,
}
"""Images that are run with some parts, and when these are there. Those of sources are run, too."""

Store = Mysql | Mongodb | Broker | Cache | Search | Storage | MailDelivery
"""What a stack file says of a datastore, or of mail."""


class Stack(BaseStack):
    """One Open edX instance, as its stack file describes it."""

    kind: Literal["instance"] = Field("instance", json_schema_extra=IMMUTABLE)
    """Kind of stack: an instance of Open edX. What many instances share is a `foundation`, which has other
    keys."""
    cluster: Cluster = Cluster()
    """The Kubernetes cluster that it runs in."""
    site: Site
    """Hosts, name, languages, TLS."""
    release: ReleaseName = DEFAULT_RELEASE
    """Named release of Open edX."""
    images: Images = Images()
    """Container images that replace the release's."""
    datastores: Datastores = Datastores()
    """Where the data lives."""
    aws: Annotated[Aws | None, OrNothing] = None
    """Region, network and roles on AWS. Needed where a datastore, or mail, is on AWS."""
    foundation: Annotated[StackName | None, OrNothing] = None
    """Foundation stack whose network, key and shared servers this instance uses. None: it uses no
    foundation."""
    sizing: Sizing = Sizing()
    """Replicas, CPU and memory."""
    ingress: Ingress = Ingress()
    """How requests reach the pods, and which are refused."""
    network: Egress = Egress()
    """What pods may connect to outside the namespace."""
    migrations: Migrations = Migrations()
    """Time limits of database migrations, and releases that may run beside them."""
    maintenance: Maintenance = Maintenance()
    """The maintenance page, and a pause of the platform."""
    blue_green: Annotated[BlueGreen | None, OrNothing] = None
    """A second version beside the first one. None: there is one version."""
    backups: Annotated[Backups | None, OrNothing] = None
    """Backups, and the regular test that they can be restored. None: there are no backups."""
    monitoring: Monitoring = Monitoring()
    """Metrics, alerts, dashboards and events."""
    duties: Duties = Duties()
    """Scheduled commands."""
    retirement: Retirement = Retirement()
    """Retirement of accounts whose owners asked for it."""
    event_sinks: EventSinks = EventSinks()
    """Sinks of learning events and course data outside the instance."""
    mobile: Mobile = Mobile()
    """Mobile apps."""
    event_bus: EventBus = EventBus()
    """Consumers of the event bus."""
    mail: Mail = Mail()
    """Sender and delivery of mails."""
    mfes: Mfes = Mfes()
    """Micro-frontends."""
    features: Features = Features()
    """Feature flags and waffle."""
    settings: Settings = Settings()
    """Free Django settings."""
    services: Services = Services()
    """Companion services: Xqueue, and others."""
    extras: Extras = Extras()
    """Containers of yours beside Open edX."""
    development: Development | None = None
    """Makes it a development instance, with folders of a developer's machine in the pods; `{}` sets the
    defaults. None: it is none."""
    drift: Drift = Drift()
    """What others own in the cluster."""
    overrides: tuple[Override, ...] = Field(())
    """Patches on rendered Kubernetes objects."""

    _colour: Colour = PrivateAttr("blue")

    @model_validator(mode="before")
    @classmethod
    def _local_tls(cls, config: Any) -> Any:
        return with_local_tls(config)

    def model_post_init(self, context: Any) -> None:
        """Addresses of the site have the ports at which a developer's machine is visited."""
        super().model_post_init(context)
        if self.development:
            ports = self.development.ports
            self.site.visit_at(http=ports.http, https=ports.https)

    @property
    def namespace(self) -> str:
        """Kubernetes namespace of the instance."""
        return self.cluster.namespace or f"{PROJECT}-{self.name}"

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Its namespace, and the one in which backups are tested."""
        return (
            self.namespace,
            *([self.restore_test_namespace] if self.backups and self.backups.drill else []),
        )

    @property
    def restore_test_namespace(self) -> str:
        """The namespace in which backups are tested: at most 63 characters."""
        return f"{self.namespace[: 63 - len(SCRATCH_END)]}{SCRATCH_END}"

    @property
    def protects(self) -> bool:
        """Whether what holds data can't be deleted."""
        return self.datastores.protect

    @property
    def on_aws(self) -> bool:
        """Whether its own stack creates anything on AWS: a datastore, or SES for its mail."""
        return any(section.run_by in ("aws-network", "aws-role") for section in self.stores.values())

    @property
    def stores(self) -> dict[str, Store]:
        """The sections that choose a source: those of the datastores by their names, and that of `mail`."""
        stores = self.datastores
        return {
            "mysql": stores.mysql,
            "mongodb": stores.mongodb,
            "broker": stores.broker,
            "cache": stores.cache,
            "search": stores.search,
            "storage": stores.storage,
            "mail": self.mail.delivery,
        }

    @property
    def sources(self) -> dict[str, str]:
        """The `source` of each datastore by its name, and that of `mail`."""
        return {name: section.source for name, section in self.stores.items()}

    @property
    def moved(self) -> tuple[str, ...]:
        """Datastores whose data was moved, so that their immutable keys may change once."""
        return self.datastores.moved

    @property
    def wants_digests(self) -> bool:
        """Whether each image must be named by its digest."""
        return self.images.require_digest

    @property
    def builds(self) -> bool:
        """Whether `up` builds images."""
        return bool(self.images.builds or self.service_builds)

    @property
    def service_builds(self) -> dict[str, ServiceBuild]:
        """Builds of images of companion services that are on, by the services' names."""
        sections = {name: getattr(self.services, name) for name in type(self.services).model_fields}
        return {
            name: section.build
            for name, section in sorted(sections.items())
            if section is not None and section.enabled and section.build
        }

    @property
    def builder(self) -> str | None:
        """Which of this machine's builders builds them. None: any."""
        return self.images.builder

    @property
    def derived_defaults(self) -> Mapping[Location, Any]:
        """The namespace, whose default follows the stack's name."""
        return {("cluster", "namespace"): self.namespace}

    @property
    def pinned_release(self) -> Release:
        """The release that the stack names, as a value."""
        return RELEASES[self.release]

    @property
    def colour(self) -> Colour:
        """Which of two versions this is."""
        return self._colour

    @property
    def is_first(self) -> bool:
        """Whether it describes the only version, or the first of two: blue."""
        return self._colour == "blue"

    @property
    def suffix(self) -> str:
        """What the names of all that runs its version end with: nothing for the first."""
        return "" if self.is_first else f"-{self._colour}"

    @property
    def serves(self) -> bool:
        """Whether visitors reach this version."""
        return self.blue_green is None or self.blue_green.live == self._colour

    @property
    def serving_suffix(self) -> str:
        """What the names of all that runs the version which visitors reach end with."""
        others = "-green" if self.is_first else ""
        return self.suffix if self.serves else others

    @property
    def versions(self) -> tuple[Stack, ...]:
        """The stack as each of its versions sees it, blue first."""
        if self.blue_green is None:
            return (self,)
        settings = self.blue_green.green
        images = {
            name: Reference(source="reference", image=image) if image else None
            for name, image in (("openedx", settings.openedx), ("mfe", settings.mfe))
        }
        changed = {"release": settings.release, "images": self.images.model_copy(update=images)}
        green = self.model_copy(update=changed)
        green._colour = "green"
        return (self, green)

    @property
    def preview_hosts(self) -> dict[str, str]:
        """Hosts that lead to this version whether it serves or not, by site. Empty where there is one."""
        if self.blue_green is None:
            return {}
        return {name: f"{self.colour}.{host}" for name, host in self.site_hosts.items()}

    @property
    def site_hosts(self) -> dict[str, str]:
        """Hosts of the platform's own sites and of the MFEs."""
        return {"lms": self.site.lms_host, "studio": self.site.studio_host, "mfe": self.site.mfe_host}

    def runs_beside(self, release: str) -> bool:
        """Whether code of a release may run while and after the migrations of this stack's."""
        return release in {self.release, *self.pinned_release.runs_beside, *self.migrations.beside}

    @property
    def sender(self) -> str:
        """Sender of all mails."""
        return self.mail.sender or self.site.contact_email

    @property
    def files_host(self) -> str | None:
        """Public host of the instance's own S3 server, by default `files.<lms_host>`. None: it has none."""
        storage = self.datastores.storage
        if not isinstance(storage, StorageInCluster):
            return None
        return storage.files_host or f"files.{self.site.lms_host}"

    @property
    def files_url(self) -> str | None:
        """Public address of the instance's own S3 server, without a slash at its end. None: it has none."""
        return self.site.url(self.files_host) if self.files_host else None

    @property
    def mfe_names(self) -> tuple[str, ...]:
        """Names of the MFEs that are served."""
        return tuple(name for name in self.pinned_release.mfe_names if name not in self.mfes.disabled)

    @property
    def image_names(self) -> tuple[ImageName, ...]:
        """Keys in `images` of the images that run with this stack's sources."""
        return tuple(name for name in IMAGE_NAMES if self._runs(name))

    def image(self, name: ImageName) -> str:
        """Reference of an image by its key in `images`, such as `openedx`: at its registry's mirror, or where
        it is pushed to if it is built here."""
        image = getattr(self.images, name)
        if isinstance(image, Build):
            return f"{image.repository}:{image.tag or self.release}"
        return self.images.mirrored(self.published_images[name] or "")

    @property
    def published_images(self) -> dict[ImageName, str | None]:
        """The images that are run and aren't built here, by name, as their publishers name them.

        None where neither the release nor the stack file has one, which validation refuses.
        """
        references: dict[ImageName, str | None] = {}
        for name in self.image_names:
            image = getattr(self.images, name)
            if not isinstance(image, Build):
                of_release = self.pinned_release.image(name)
                references[name] = image.image if isinstance(image, Reference) else image or of_release
        return references

    def _runs(self, image: ImageName) -> bool:
        """Whether an image runs with this stack's sources and parts."""
        part = _IMAGES_OF_PARTS.get(image)
        by_source = any(image in section.images for section in self.stores.values())
        return image in _IMAGES_OF_ALL or by_source or (part is not None and part(self))
