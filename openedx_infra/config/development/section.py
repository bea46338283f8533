"""Development: folders of a developer's machine in the pods, and what a developer needs beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from openedx_infra.config.checkout_files import PROJECT_FOLDER
from openedx_infra.config.images.sources import GitRef
from openedx_infra.config.types.base import Count, Distinct, ImageReference, Port, Section, Switch
from openedx_infra.config.types.patterns import DNS_LABEL, Pattern
from openedx_infra.config.types.quantities import Memory

CLONES = "mounts"
"""Folder beside Pulumi.yaml for clones of mounts that name an address and no folder."""
DEBUG_PORT = 5678
"""Port of debugpy that editors propose (debugpy's documentation)."""

LOCAL_TLS = "local-tls"
"""Secret of the certificate that `openedx-infra dev certificates` puts into the namespace."""

Process = Literal["lms", "studio", "lms-worker", "studio-worker"]
"""A kind of process of the platform that a debugger attaches to."""

MountName = Annotated[
    str,
    Pattern(
        "name of a mount",
        DNS_LABEL,
        "at most 63 lower-case letters, digits and hyphens, with a letter or digit at both ends",
        "edx-platform",
    ),
]
"""What a stack file calls a mount. What the mount is follows from its content, never from its name."""

CloneAddress = Annotated[
    str,
    Pattern(
        "address of a Git repository",
        r"(https?://[^\s@#?\"']+|ssh://[^\s#?\"']+|[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:[^\s#?\"']+)",
        "its address, as `git clone` takes it, without a password",
        "https://github.com/openedx/openedx-platform.git",
    ),
]
"""A Git repository that this machine clones: by https, or by ssh with your key."""

FolderPath = Annotated[
    str,
    Pattern(
        "folder",
        r"[^\s:*?\"<>|][^\n:*?\"<>|]{0,499}",
        "its path: absolute, from your home by ~/, or from the folder of Pulumi.yaml",
        "~/src/edx-platform",
    ),
]
"""A folder of the developer's machine."""

NodeFolder = Annotated[
    str,
    Pattern(
        "folder of a node",
        r"/[^\n:*?\"<>|]{1,499}",
        "its absolute path on the node, as a container that runs there sees it",
        "/run/desktop/mnt/host/c/src/edx-platform",
    ),
]
"""A folder as the cluster's node sees it."""


def _expanded(value: Any) -> Any:
    """A mount that is written as plain text, as the map that it stands for."""
    if not isinstance(value, str):
        return value
    return {"git": value} if "://" in value or value.startswith("git@") else {"folder": value}


class Mount(Section):
    """A folder of the developer's machine in the pods. It may be written as plain text: `~/src/edx-platform`,
    or `https://github.com/openedx/openedx-platform.git`."""

    folder: FolderPath | None = None
    """The folder. One that isn't absolute starts at the folder of Pulumi.yaml, `~` is your home. None: the
    clone of `git`, in `mounts/<stack>/<name>` beside Pulumi.yaml."""
    git: CloneAddress | None = None
    """Repository to clone into the folder, if that isn't there. None: the folder must be there."""
    ref: GitRef | None = None
    """Branch or tag of the clone. None: the release's."""
    node_folder: NodeFolder | None = None
    """The folder as the node sees it. None: at the same path as on this machine."""
    writable: Switch = False
    """Whether pods may write into it, as `manage.py makemigrations` does. They run as another user than you:
    set `openedx:development.user`, too."""

    def folder_of(self, stack: str, name: str) -> Path:
        """The absolute path on this machine. `stack` and `name` are those of the stack and of the mount."""
        if self.folder is None:
            return PROJECT_FOLDER / CLONES / stack / name
        return PROJECT_FOLDER / Path(self.folder).expanduser()

    def on_node(self, stack: str, name: str) -> str:
        """The absolute path on the node."""
        return self.node_folder or str(self.folder_of(stack, name))


Mounted = Annotated[
    Mount,
    BeforeValidator(_expanded, json_schema_input_type=str | Mount),
]
"""A mount, as a map or as plain text."""


class Debugger(Section):
    """debugpy in processes of the platform."""

    processes: Annotated[tuple[Process, ...], Distinct] = ()
    """Processes that listen for an editor. Each is in a pod of its own, so that all have the same port. They
    don't reload: a debugger would lose its process."""
    port: Port = DEBUG_PORT
    """Port that they listen on, within the pod: `openedx-infra dev debug` brings it to this machine."""
    wait: Switch = False
    """Whether a process starts when an editor has attached, and not before."""


class FrontendServers(Section):
    """Development servers of micro-frontends that are mounted."""

    image: ImageReference | None = None
    """Image that they run in, with Node.js, npm, Git, Python and compilers. None: the release's Node.js on
    Debian."""
    memory: Memory = "768Mi"
    """Memory that each reserves: authn's takes 730 MiB once it has built its pages, and 1.3 GiB meanwhile
    (measured)."""
    memory_limit: Memory = "3Gi"
    """Memory above which it is killed."""
    polling: Switch = False
    """Whether they look at all files once in a while, rather than wait for events of changes, which some ways
    of sharing folders with a virtual machine don't pass on."""


class Ports(Section):
    """Ports of this machine at which the instance is visited."""

    http: Port = 80
    """Port of http."""
    https: Port = 443
    """Port of https."""


class Development(Section):
    """A development instance: it runs what is in folders of a developer's machine. A stack file without this
    section mounts nothing; one with it is refused outside of the machine, and with anything that production
    has."""

    mounts: dict[MountName, Mounted] = Field({})
    """Folders by names of your choice. What a folder is follows from its content: edx-platform, a
    micro-frontend, a Python package, themes, a companion service."""
    user: Annotated[Count | None, Field(ge=1, le=2**31 - 2)] = None
    """Number of the user as whom LMS, Studio, workers and their Jobs run, as `id -u` prints yours: they then
    read and write your folders as you do. None: the image's own user, who reads what everybody may read."""
    reload: Switch = True
    """Whether servers and workers restart when a mounted file of Python changes."""
    debugger: Debugger = Debugger()
    """debugpy."""
    frontends: FrontendServers = FrontendServers()
    """Development servers of micro-frontends."""
    toolbar: Switch = False
    """Whether pages of LMS and Studio have Django's debug toolbar; it needs the image `development`."""
    eager_tasks: Switch = False
    """Whether Celery's tasks run at once, in the process that asks for them. No worker runs then, and no
    beat."""
    one_process: Switch = True
    """Whether each site has a single worker process for all its queues, that of the LMS with beat in it. It
    saves some 2 GiB. false: pools as `openedx:sizing` has them."""
    ports: Ports = Ports()
    """Ports of this machine."""
    certificates: Literal["none", "local"] = "none"
    """`local`: TLS by a certificate of this machine's own authority, which `openedx-infra dev certificates`
    makes and puts into the namespace; leave `site.tls` out. `none`: what `site.tls` sets."""

    def folders(self, stack: str) -> Mapping[str, Path]:
        """Folders of this machine by the names of their mounts. `stack`: the stack's name."""
        return {name: mount.folder_of(stack, name) for name, mount in self.mounts.items()}


def with_local_tls(config: Any) -> Any:
    """The keys of a stack file, with the site's TLS where it is by certificates of this machine."""
    if not isinstance(config, Mapping):
        return config
    section, site = config.get("development"), config.get("site")
    if not isinstance(section, Mapping) or section.get("certificates") != "local":
        return config
    if not isinstance(site, Mapping) or "tls" in site:
        return config
    return {**config, "site": {**site, "tls": {"source": "secret", "secret": LOCAL_TLS}}}
