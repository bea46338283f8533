"""What do LMS and Studio, their workers and their Jobs have in common?

The platform's image and its settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pulumi
from pulumi_kubernetes.core.v1 import PersistentVolumeClaim

from openedx_infra import settings
from openedx_infra.components.instance import PLATFORM, WEB_PORT, Instance
from openedx_infra.config import Stack
from openedx_infra.config.sizing import Web
from openedx_infra.kubernetes import files, probes, volumes, workload
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.names import Scope
from openedx_infra.kubernetes.pod import Container, Pod, Size
from openedx_infra.kubernetes.probes import NO_PROBES, Probes
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings import paths
from openedx_infra.settings.endpoints import Endpoints

USER = 1000
"""The user that owns the files in the platform's image."""
SHARED = {"openedx.org/storage": "shared"}
"""Label of all pods that mount the volumes of uploaded files."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """One of the two Django sites that the platform's code can be."""

    name: str
    """Its name everywhere in this program: `lms` or `studio`."""
    variant: settings.Site
    """Its name in edx-platform: `lms` or `cms`."""
    settings: Callable[[Stack, Endpoints], Mapping[str, Any]]
    """Its plain settings."""
    secrets: Callable[[Stack, Endpoints, Mapping[str, str]], Mapping[str, Any]]
    """Its secret settings."""
    host: Callable[[Stack], str]
    """Its public host."""
    size: Callable[[Stack], Web]
    """Size of its web pods."""

    @property
    def settings_file(self) -> str:
        """Name of the files of its settings."""
        return f"{self.variant}.yml"


LMS = Site(
    name="lms",
    variant="lms",
    settings=settings.lms,
    secrets=settings.lms_secrets,
    host=lambda stack: stack.site.lms_host,
    size=lambda stack: stack.sizing.lms,
)
STUDIO = Site(
    name="studio",
    variant="cms",
    settings=settings.studio,
    secrets=settings.studio_secrets,
    host=lambda stack: stack.site.studio_host,
    size=lambda stack: stack.sizing.studio,
)


class Keeper(Protocol):
    """A way to keep files, such as `kubernetes.files.plain`."""

    def __call__(
        self, name: str, scope: Scope, data: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
    ) -> Files:
        """Keep `data` under `name`."""


@dataclass(frozen=True, kw_only=True)
class SettingsFiles:
    """The settings of a site as files in the cluster."""

    plain: Files
    """Plain settings and the Python module that reads them."""
    secret: Files
    """Secret settings."""


@dataclass(frozen=True, kw_only=True)
class Storage:
    """The volumes of uploaded files."""

    media: PersistentVolumeClaim
    private: PersistentVolumeClaim


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The settings of a site as texts, by the names of their files."""

    plain: Mapping[str, str]
    secret: Mapping[str, pulumi.Output[str]]


def render(site: Site, instance: Instance) -> Rendered:
    """The settings of a site.

    Rendered once: parsing keys and writing YAML take most of the program's own time.
    """
    stack, at = instance.stack, instance.endpoints
    text = settings.dump(site.settings(stack, at))
    hidden = pulumi.Output.all(**instance.secrets).apply(
        lambda known: settings.dump(site.secrets(stack, at, known))
    )
    return Rendered(
        plain={site.settings_file: text, **settings.module_files(site.variant)},
        secret={site.settings_file: pulumi.Output.secret(hidden)},
    )


def keep(
    name: str,
    rendered: Rendered,
    scope: Scope,
    opts: pulumi.ResourceOptions,
    *,
    plain: Keeper = files.plain,
    secret: Keeper = files.secret,
) -> SettingsFiles:
    """The settings of a site in the cluster."""
    return SettingsFiles(
        plain=plain(f"{name}-settings", scope, rendered.plain, opts),
        secret=secret(f"{name}-secrets", scope, rendered.secret, opts),
    )


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process of the platform's code, and what it needs besides its settings."""

    component: str
    """What it is, such as `lms` or `lms-worker-default`."""
    command: Sequence[str]
    size: Size
    config: Sequence[Files] = ()
    """Further plain files, beside the settings."""
    secrets: Sequence[Files] = ()
    """Further secret files, beside the secret settings."""
    mounts: Sequence[Mount] = ()
    """Further folders."""
    port: int | None = None
    probes: Probes = NO_PROBES
    drain_seconds: int = 0
    grace_seconds: int = 60
    disk_limit: str = "4Gi"
    """Disk above which the pod is evicted. Course imports and reports are unpacked on it."""
    env: Mapping[str, str] | None = None


def pod(site: Site, instance: Instance, kept: SettingsFiles, storage: Storage, process: Process) -> Pod:
    """A pod that runs the platform's code."""
    one_node = instance.stack.datastores.storage.access_mode == "ReadWriteOnce"
    container = Container(
        image=instance.image("openedx"),
        size=process.size,
        command=process.command,
        working_dir=paths.PLATFORM_DIR,
        env={**_environment(site), **(process.env or {})},
        mounts=[*_mounts(site, kept, storage, process), *process.mounts],
        port=process.port,
        probes=process.probes,
        drain_seconds=process.drain_seconds,
        disk_limit=process.disk_limit,
    )
    return Pod(
        component=process.component,
        software=PLATFORM,
        container=container,
        user=USER,
        grace_seconds=process.grace_seconds,
        beside=SHARED if one_node else None,
    )


def _environment(site: Site) -> dict[str, str]:
    return {
        "SERVICE_VARIANT": site.variant,
        "DJANGO_SETTINGS_MODULE": paths.settings_module(site.variant),
        "LMS_CFG": paths.LMS_CFG,
        "CMS_CFG": paths.CMS_CFG,
        "PYTHONUNBUFFERED": "1",
        # The root filesystem is read-only: everything that likes to write is sent to /tmp.
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/tmp",
        "XDG_CACHE_HOME": "/tmp/.cache",
        "MPLCONFIGDIR": "/tmp/.matplotlib",
    }


def _mounts(site: Site, kept: SettingsFiles, storage: Storage, process: Process) -> list[Mount]:
    module = kept.plain.only(*settings.module_files(site.variant))
    return [
        volumes.mounted("config", paths.CONFIG_DIR, [kept.plain.only(site.settings_file), *process.config]),
        volumes.mounted("module", paths.module_dir(site.variant), [module]),
        volumes.mounted("secrets", paths.SECRETS_DIR, [kept.secret, *process.secrets]),
        volumes.claimed("media", paths.MEDIA_DIR, storage.media),
        volumes.claimed("private", paths.PRIVATE_DIR, storage.private),
        volumes.scratch("data", paths.DATA_DIR, "2Gi"),
        volumes.scratch("tmp", "/tmp", "2Gi"),
    ]


@dataclass(frozen=True, kw_only=True)
class SiteArgs:
    """What the component of a site needs."""

    instance: Instance
    storage: Storage
    settings: Mapping[str, Rendered]
    """The settings of each site, by its name."""
    after: Sequence[pulumi.Resource]
    """What must be done before a pod of the site may start."""


def serve(site: Site, args: SiteArgs, parent: pulumi.Resource) -> SettingsFiles:
    """A site's settings, its web pods and its Service. Returns the settings, which its workers share."""
    instance, scope = args.instance, args.instance.scope
    own = pulumi.ResourceOptions(parent=parent)
    kept = keep(site.name, args.settings[site.name], scope, own)
    ini = settings.uwsgi_ini(instance.stack, site.variant)
    uwsgi = files.plain(f"{site.name}-uwsgi", scope, {"uwsgi.ini": ini}, own)
    web = pod(site, instance, kept, args.storage, _web(site, instance.stack, uwsgi))
    workload.service(site.name, scope, web, own)
    workload.deployment(
        site.name,
        scope,
        web,
        pulumi.ResourceOptions(parent=parent, depends_on=list(args.after)),
        replicas=site.size(instance.stack).replicas,
    )
    return kept


def _web(site: Site, stack: Stack, uwsgi: Files) -> Process:
    """The process that answers requests.

    It has started, and is ready, when /heartbeat says so, which asks MySQL and MongoDB. It is restarted only
    when its port takes no connection: an outage of a database takes its pods from the Service, but restarts
    none.
    """
    host = site.host(stack)
    return Process(
        component=site.name,
        command=["uwsgi", f"{paths.CONFIG_DIR}/uwsgi.ini"],
        size=site.size(stack),
        config=[uwsgi],
        port=WEB_PORT,
        probes=Probes(
            startup=probes.http("/heartbeat", WEB_PORT, host=host, every=10, failures=30),
            readiness=probes.http("/heartbeat", WEB_PORT, host=host, every=15, failures=3),
            liveness=probes.tcp(WEB_PORT, every=20, failures=6),
        ),
        # Proxies learn late that the pod leaves: it serves 15 s more, then finishes what it has, at most for
        # 75 s.
        drain_seconds=15,
        grace_seconds=90,
    )
