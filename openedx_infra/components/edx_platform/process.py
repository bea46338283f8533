"""What does every process of the platform's code need? Its image, its settings, and the uploaded files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openedx_infra import settings
from openedx_infra.components.datastores.store import FileStore
from openedx_infra.components.edx_platform.sites import SettingsFiles, Site
from openedx_infra.components.instance import PLATFORM, Instance
from openedx_infra.components.users import IMAGE_GROUPS
from openedx_infra.kubernetes import volumes
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.pod import Container, Pod, Size
from openedx_infra.kubernetes.probes import NO_PROBES, Probes
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings import paths

SHARED = {"openedx.org/storage": "shared"}
"""Label of all pods that mount the volumes of uploaded files."""


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
    leaving: str | None = None
    """File to make before that; see `Container`."""
    grace_seconds: int = 60
    disk_limit: str = "4Gi"
    """Disk above which the pod is evicted. Course imports and reports are unpacked on it."""
    env: Mapping[str, str] | None = None
    tracked: bool = False
    """Whether it makes tracking events, which go to a bucket where one is said."""


def pod(site: Site, instance: Instance, kept: SettingsFiles, storage: FileStore, process: Process) -> Pod:
    """A pod that runs the platform's code, unless the stack is paused."""
    shipping = instance.tracking if process.tracked else None
    container = Container(
        image=instance.image("openedx"),
        size=process.size,
        command=process.command,
        working_dir=paths.PLATFORM_DIR,
        env={**_environment(site), **(process.env or {})},
        mounts=[
            *_mounts(site, instance, kept, storage, process),
            *process.mounts,
            *([shipping.mount] if shipping else []),
        ],
        port=process.port,
        probes=process.probes,
        drain_seconds=process.drain_seconds,
        leaving=process.leaving,
        disk_limit=process.disk_limit,
    )
    return Pod(
        component=process.component,
        software=PLATFORM,
        container=container,
        sidecars=[shipping.sidecar] if shipping else [],
        user=storage.user,
        groups=IMAGE_GROUPS,
        rank="web" if process.port else "workers",
        grace_seconds=process.grace_seconds + (shipping.seconds if shipping else 0),
        service_account=instance.service_account,
        beside=SHARED if storage.one_node else None,
        paused=instance.stack.maintenance.pause,
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


def _mounts(
    site: Site, instance: Instance, kept: SettingsFiles, storage: FileStore, process: Process
) -> list[Mount]:
    certificates = instance.certificates
    secrets = [kept.secret, *process.secrets, *certificates.secrets()]
    module = kept.plain.only(*settings.module_files(site.variant))
    return [
        volumes.mounted("config", paths.CONFIG_DIR, [kept.plain.only(site.settings_file), *process.config]),
        volumes.mounted("module", paths.module_dir(site.variant), [module]),
        volumes.mounted("secrets", paths.SECRETS_DIR, secrets),
        *certificates.mounts(),
        *storage.mounts,
        volumes.scratch("data", paths.DATA_DIR, "2Gi"),
        volumes.scratch("tmp", "/tmp", "2Gi"),
    ]
