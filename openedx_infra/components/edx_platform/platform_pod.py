"""Containers and pods of the platform's code: its image, its settings, and the uploaded files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from openedx_infra import settings
from openedx_infra.components.datastores.store import FileStore
from openedx_infra.components.edx_platform.sites import SettingsFiles, Site
from openedx_infra.components.instance import PLATFORM, Instance
from openedx_infra.components.users import IMAGE_GROUPS
from openedx_infra.components.web_proxy import environment, platform_uses_it
from openedx_infra.config import Stack
from openedx_infra.kubernetes import volumes
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.pod import Container, Pod, Size
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings import paths

SHARED = {"openedx.org/storage": "shared"}
"""Label of all pods that mount the volumes of uploaded files."""


LEAST_SCRATCH = 2 * 2**30
"""Bytes of each scratch folder at least: course imports and reports of a usual size are unpacked in them. A
guess."""


def platform_container(
    site: Site,
    instance: Instance,
    settings_files: SettingsFiles,
    storage: FileStore,
    *,
    command: Sequence[str],
    size: Size,
    env: Mapping[str, str] | None = None,
    config: Sequence[Files] = (),
    secrets: Sequence[Files] = (),
    mounts: Sequence[Mount] = (),
) -> Container:
    """A container that runs the platform's code as a site. `config` and `secrets` are further files beside
    its plain and its secret settings."""
    certificates = instance.certificates
    data, tmp = scratch_bytes(instance.stack, site)
    plain = settings_files.plain
    module = plain.only(*settings.module_files(site.variant, instance.stack))
    hidden = [settings_files.secret, *secrets, *certificates.secrets()]
    return Container(
        image=instance.image("openedx"),
        size=size,
        command=command,
        working_dir=paths.PLATFORM_DIR,
        env={**_environment(site), **(env or {})},
        mounts=[
            volumes.mounted("config", paths.CONFIG_DIR, [plain.only(site.settings_file), *config]),
            volumes.mounted("module", paths.module_dir(site.variant), [module]),
            volumes.mounted("secrets", paths.SECRETS_DIR, hidden),
            *certificates.mounts(),
            *storage.mounts,
            volumes.scratch("data", paths.DATA_DIR, _mebibytes(data)),
            volumes.scratch("tmp", "/tmp", _mebibytes(tmp)),
            *mounts,
        ],
        disk_limit=_mebibytes(data + tmp),
    )


def scratch_bytes(stack: Stack, site: Site) -> tuple[int, int]:
    """Bytes of a site's scratch folders, in DATA_DIR and /tmp.

    An upload is written to /tmp by the web server and again by Django; in DATA_DIR its parts are put
    together, and a worker unpacks an archive beside itself, which takes about twice its size (a guess).
    """
    body = settings.upload_limit(stack, site.variant)
    return max(LEAST_SCRATCH, 3 * body), max(LEAST_SCRATCH, 2 * body)


def _mebibytes(size: int) -> str:
    gibibytes, rest = divmod(size, 2**30)
    return f"{-(-size // 2**20)}Mi" if rest else f"{gibibytes}Gi"


def platform_pod(
    component: str,
    container: Container,
    instance: Instance,
    storage: FileStore,
    *,
    grace_seconds: int = 60,
    tracked: bool = False,
) -> Pod:
    """A pod of one such container, unless the stack is paused. `tracked`: it makes tracking events, which go
    to a bucket where one is configured."""
    shipping = instance.tracking if tracked else None
    if platform_uses_it(instance.stack, component):
        container = replace(container, env={**container.env, **environment(instance.stack)})
    if shipping:
        container = replace(container, mounts=[*container.mounts, shipping.mount])
    pod = Pod(
        component=component,
        software=PLATFORM,
        container=container,
        sidecars=[shipping.sidecar] if shipping else [],
        user=storage.user,
        groups=IMAGE_GROUPS,
        rank="web" if container.port else "workers",
        grace_seconds=grace_seconds + (shipping.seconds if shipping else 0),
        service_account=instance.service_account,
        beside=SHARED if storage.one_node else None,
        paused=instance.stack.maintenance.pause,
    )
    return _developed(pod, instance) if instance.development else pod


def _developed(pod: Pod, instance: Instance) -> Pod:
    """The pod as a development instance has it. Others load nothing of it."""
    from openedx_infra.components.development.pods import developed

    return developed(pod, instance)


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
