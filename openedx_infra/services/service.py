"""The description of a service, from which its pods, volume, routes and network policies are made.

All of it is data, and a function of the stack alone. `components/services.py` registers it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from openedx_infra.kubernetes.pod import Container, Pod, Size
from openedx_infra.kubernetes.probes import Probes
from openedx_infra.kubernetes.volumes import Mount

Connection = TypeVar("Connection")


@dataclass(frozen=True, kw_only=True)
class DataVolume:
    """A volume that outlives the pods, protected as all data is. Its claim is called as the service."""

    path: str
    """Folder that shows it."""
    size: str
    """Size to begin with, such as `10Gi`."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A configuration file: in a Secret if its text holds secrets, else in a ConfigMap."""

    object: str
    """What the ConfigMap or Secret is called."""
    volume: str
    """Name of the volume in the pod."""
    folder: str
    """Folder of the container that holds this file alone."""
    name: str
    text: str | Callable[..., str]
    """What it holds, or a function that makes it of the values of `secrets`."""
    secrets: Sequence[str] = ()
    """Names of the secrets that it is made of."""


@dataclass(frozen=True, kw_only=True)
class PublicPaths:
    """How visitors reach a service."""

    domain: str
    paths: Sequence[str]
    """Beginnings of the paths that lead to it; others lead nowhere."""
    body_limit: int
    """Largest body of a request, in bytes."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A program that runs beside the platform's code, with all that it needs."""

    name: str
    """Name of its objects and its host in the cluster; also the label of its pods."""
    software: str | None = None
    """What runs in it, by which network policies know its pods. None: the same word as the name."""

    image: str
    """Reference of its image."""
    size: Size
    """CPU and memory of each pod."""
    replicas: int = 1
    """Number of pods; more than one have a disruption budget."""
    stateful: bool = False
    """Whether there are never two of it at a time, as they would write the same data (a StatefulSet)."""
    single: bool = False
    """Whether there are never two of it at a time, though it has no data: the old one is gone first."""

    rests: bool = False
    """Whether there is none of it while the platform is paused."""
    command: Sequence[str] | None = None
    """What to run instead of the image's entry point."""
    args: Sequence[str] | None = None
    """Arguments of the entry point."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment; never a secret."""
    working_dir: str | None = None
    port: int | None
    """TCP port that it listens on. None: nobody connects to it, and it has no Service."""
    probes: Probes
    grace_seconds: int = Pod.grace_seconds
    """Seconds to finish after SIGTERM. Before it, one that visitors reach goes on serving for a while."""
    user: int | None = None
    """Numeric user. None: the one of all who keep no files of their own."""
    group: int | None = None
    """Numeric group. None: the same number as the user."""
    groups: Sequence[int] = ()
    """Further groups, whose files it may read."""
    runtime_class: str | None = None
    """RuntimeClass of the cluster by which its containers run. None: the nodes' usual runtime."""
    apparmor_profile: str | None = None
    """AppArmor profile that its node must have loaded. None: the runtime's own, where the node has
    AppArmor."""
    exception: str | None = None
    """Why it runs as a user below 10000 though it has no volume; rules of `policies/` ask for it."""

    folders: Sequence[DataVolume | File | Mount] = ()
    """What it mounts: its data, files, and scratch folders."""
    disk_limit: str = Container.disk_limit
    """Disk of the node above which a pod is evicted."""

    clients: Sequence[str] = ()
    """Software whose pods may connect to it. To a datastore, the platform, Jobs that make users, and backups
    may anyway."""
    internet: Sequence[int] = ()
    """TCP ports on which it reaches public addresses."""
    public: PublicPaths | None = None
    """How visitors reach it. None: they don't."""

    @property
    def label(self) -> str:
        """Label app.kubernetes.io/name of its pods."""
        return self.software or self.name


@dataclass(frozen=True, kw_only=True)
class DatastoreService(Service, Generic[Connection]):
    """A service that the platform keeps its data in, or sends its mail to."""

    port: int
    """TCP port that it listens on."""
    connection: Connection
    """How settings reach it."""
    awaited: bool = True
    """Whether those who use it wait until it is ready."""
    administrator: str | None = None
    """Who may make databases and users on it; empty: a key without a name."""
    administrator_secret: str = ""
    """Name of the administrator's password. A rotation keeps the one before as `<name>_previous`."""
