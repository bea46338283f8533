"""Containers of the operator's own: what runs, what it reads, who reaches it, and what it reaches."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.extras.manifests import Manifests
from openedx_infra.config.sections.duties import Schedule
from openedx_infra.config.sizing.sizing import Resources
from openedx_infra.config.types.addresses import Cidr
from openedx_infra.config.types.base import (
    Count,
    Distinct,
    ImageReference,
    KubernetesName,
    OrNothing,
    Port,
    Section,
    Switch,
)
from openedx_infra.config.types.hosts import Hostname
from openedx_infra.config.types.patterns import Pattern
from openedx_infra.config.types.quantities import Disk, Memory
from openedx_infra.config.types.secret_references import OrSecret, SecretReference

PREFIX = "extra-"
"""What the names of all objects of an extra container begin with: no object of this program's does."""

NOBODY = 10_001
"""Who runs what keeps no files of its own: a number that no user of a node has."""

StoreName = Literal["mysql", "mongodb", "broker", "cache", "search", "storage", "mail"]
"""A datastore of the instance, or its mail server."""

ContainerName = Annotated[
    str,
    Pattern(
        "name of a container",
        # `extra-` before it, and the limit of a CronJob's name, 52.
        r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?",
        "at most 40 lower-case letters, digits and hyphens, with a letter first and no hyphen last",
        "grader",
    ),
]
"""What a stack file calls a container. Its objects, and its host in the cluster, are `extra-<name>`."""

VariableName = Annotated[
    str,
    Pattern(
        "name of an environment variable",
        r"[A-Za-z_][A-Za-z0-9_]{0,127}",
        "letters, digits and underscores",
        "LOG_LEVEL",
    ),
]
"""The name of an environment variable."""

ContainerPath = Annotated[
    str,
    Pattern(
        "path in a container",
        r"(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){1,12}",
        "a whole path of letters, digits, dots, hyphens and underscores, without a slash at its end",
        "/etc/grader/config.toml",
    ),
]
"""A whole path in a container."""

RoutePath = Annotated[
    str,
    Pattern(
        "path of a host",
        r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,99}){1,6}",
        "what the paths begin with, without a slash at its end",
        "/grader",
    ),
]
"""What paths of a host begin with."""


class ExtraVolume(Section):
    """A volume that outlives the pods, protected as all data is. Backups don't hold it."""

    path: ContainerPath
    """Folder that shows it."""
    size: Disk
    """Size to begin with. It can grow where the StorageClass lets it, and never shrink."""


class ExtraRoute(Section):
    """How visitors reach it: at a host of its own, or below a path of one of the site's. TLS, headers and
    limits of requests are those of all hosts of the site."""

    host: Annotated[Hostname | None, OrNothing] = None
    """A public host of its own. None: `site` and `paths` say where."""
    site: Literal["lms", "studio", "mfe"] | None = None
    """The site whose host it shares. Browsers then send the site's cookies to it, and its pages may do
    whatever their visitor may: only for what you trust as much as the platform."""
    paths: Annotated[tuple[RoutePath, ...], Distinct] = ()
    """What the paths begin with that lead to it. Empty, at a host of its own: all."""
    body_limit: Memory = "2Mi"
    """Largest body of a request, at a host of its own; NGINX alone refuses larger ones before they get there.
    Below a path of the site, the limit is the site's."""


class ExtraNetwork(Section):
    """Servers outside of the instance that it connects to."""

    ports: Annotated[tuple[Port, ...], Distinct] = Field(min_length=1)
    """TCP ports."""
    networks: Annotated[tuple[Cidr, ...], Distinct] = ()
    """Networks, such as `192.0.2.7/32`, private ones among them. Metadata services of clouds stay closed."""
    namespaces: Annotated[tuple[KubernetesName, ...], Distinct] = ()
    """Namespaces of the cluster all of whose pods it reaches."""


class ExtraConnections(Section):
    """What it connects to. Nothing is open but what stands here, and the cluster's name servers."""

    datastores: Annotated[tuple[StoreName, ...], Distinct] = ()
    """Datastores of the instance, wherever they run, and `mail`. Certificates of those that have any are in
    /openedx/certificates. It needs a user and a password of its own there: the platform's are for nobody
    else."""
    platform: Switch = False
    """Whether it asks LMS and Studio within the namespace: `http://lms:8000`, `http://studio:8000`."""
    containers: Annotated[tuple[ContainerName, ...], Distinct] = ()
    """Other containers of this list, each on its port."""
    internet: Annotated[tuple[Port, ...], Distinct] = ()
    """TCP ports of public addresses, and of what `openedx:network.inside` opens."""
    outside: tuple[ExtraNetwork, ...] = ()
    """Servers at other addresses."""


class ExtraContainer(Section):
    """One program of yours in the instance's namespace: a Deployment, of which there are never two pods at a
    time where it has a volume, or a CronJob where it has a schedule. Its pods are as restricted as all
    others: no root, a root filesystem that can't be written, no token, no flow that nobody names."""

    enabled: Switch = True
    """Whether it runs. false stops it and keeps its volume."""
    image: ImageReference
    """Its image."""
    command: tuple[str, ...] = ()
    """What to run instead of the image's entry point. Never a secret: everybody who may read Deployments sees
    it."""
    args: tuple[str, ...] = ()
    """Arguments of the entry point. Never a secret, for the same reason."""
    env: dict[VariableName, str] = Field({})
    """Environment variables. Never a secret: a program reads the path of a file from here, and the secret
    from that file."""
    files: dict[ContainerPath, Annotated[str | SecretReference, OrSecret(str)]] = Field({})
    """Files by their paths: a text, or a secret, `{secret: NAME}`. All files of a folder are mounted
    together, and hide what the image has in that folder."""
    scratch: dict[ContainerPath, Disk] = Field({"/tmp": "256Mi"})
    """Folders to write to, empty at start, and how large each may become."""
    volume: Annotated[ExtraVolume | None, OrNothing] = None
    """Its data. None: it keeps none."""
    user: Count = Field(NOBODY, ge=1, le=2_000_000_000)
    """Numeric user and group that it runs as."""
    reason: Annotated[str | None, OrNothing] = None
    """Why its user is below 10000 though it has no volume: such a number may be a user of a node."""
    size: Resources = Resources(cpu="50m", memory="256Mi")
    """CPU and memory of each pod. The default is a guess for something small."""
    replicas: Count = Field(1, ge=1, le=50)
    """Number of pods."""
    port: Port | None = None
    """TCP port that it listens on, at the host `extra-<name>`. None: nobody connects to it."""
    health: Annotated[
        Annotated[str, Pattern("path", r"/\S{0,199}", "a path of HTTP", "/health")] | None, OrNothing
    ] = None
    """Path that answers 200 when it can serve. None: it is ready when its port takes connections."""
    alive: tuple[str, ...] = ()
    """Command that succeeds while it works, for one without a port. Empty: it is restarted when it ends."""
    start_seconds: Count = Field(300, ge=5, le=3600)
    """Seconds that it may take to start before it is restarted."""
    grace_seconds: Count = Field(30, ge=1, le=3600)
    """Seconds to finish after SIGTERM. Visitors are served for 15 seconds before it."""
    schedule: Annotated[Schedule | None, OrNothing] = None
    """When it runs, if not always: a crontab's five fields, in the site's time zone; `H` is a derived minute.
    None: always."""
    minutes: Count = Field(60, ge=1, le=1440)
    """Minutes after which a run by schedule is stopped and counts as failed."""
    retries: Count = Field(0, ge=0, le=3)
    """How often a failed run by schedule is repeated."""
    route: Annotated[ExtraRoute | None, OrNothing] = None
    """How visitors reach it. None: they don't."""
    for_platform: Switch = False
    """Whether LMS, Studio, workers and scheduled commands connect to its port."""
    connects_to: ExtraConnections = ExtraConnections()
    """What it connects to."""


def component(name: str) -> str:
    """Name of a container's objects, label of its pods, and its host in the cluster."""
    return f"{PREFIX}{name}"


class Extras(Section):
    """What runs beside Open edX in the instance's namespace, for operators who need no more than a container
    or a manifest. docs/extras.md has whole examples."""

    containers: dict[ContainerName, ExtraContainer] = Field({})
    """Containers of yours, by names of your choice."""
    manifests: Manifests = Field({})
    """Kubernetes objects of yours, by names of your choice."""

    @property
    def running(self) -> dict[str, ExtraContainer]:
        """The containers that are on, by name."""
        return {name: container for name, container in self.containers.items() if container.enabled}
