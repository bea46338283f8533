"""Development servers of micro-frontends from mounted source, behind the server of all the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from openedx_infra import scripts
from openedx_infra.components.instance import Instance
from openedx_infra.components.users import USER, WHY
from openedx_infra.components.web_proxy import environment
from openedx_infra.config import Stack
from openedx_infra.config.development.frontends import SourceFrontend, source_frontends
from openedx_infra.config.development.section import Development
from openedx_infra.kubernetes import files, probes, volumes, workload
from openedx_infra.kubernetes.files import Files
from openedx_infra.kubernetes.models import PersistentVolumeClaim
from openedx_infra.kubernetes.pod import Container, FixedSize, Pod
from openedx_infra.kubernetes.probes import Probes
from openedx_infra.kubernetes.volumes import Mount

SOFTWARE = "frontend-server"
"""Software label of the pods."""
PACKAGE = "frontend_server"
SCRIPTS = "/openedx/scripts"
SOURCE = "/openedx/app"
"""Folder of the source in the pod."""
MODULES = "/openedx/modules"
"""Folder of the volume with its packages."""
NODE_MODULES = "node_modules"
VOLUME = "5Gi"
"""Packages of authn take 0.9 GiB, npm's cache of them as much again (measured), and larger ones twice that (a
guess)."""
START_SECONDS = 1800
"""How long packages and the first build may take: authn's took 43 s and 45 s on two cores; slow lines take
longer."""
REASON = "a folder of a developer's machine: this is a development instance"


def serve_from_source(instance: Instance, opts: pulumi.ResourceOptions) -> None:
    """Registers a server, with a volume for its packages, for each micro-frontend that is mounted."""
    section, frontends = instance.stack.development, source_frontends(instance.stack)
    if section is None or not frontends:
        return
    script = files.plain("frontend-server", instance.scope, scripts.package(PACKAGE), opts)
    for frontend in frontends:
        _serve(frontend, section, instance, script, opts)


def _serve(
    frontend: SourceFrontend,
    section: Development,
    instance: Instance,
    script: Files,
    opts: pulumi.ResourceOptions,
) -> None:
    name, scope = frontend.component, instance.scope
    storage_class = instance.stack.cluster.storage_class
    claim = volumes.claim(name, scope, VOLUME, opts, storage_class=storage_class)
    pod = Pod(
        component=name,
        software=SOFTWARE,
        container=_container(frontend, section, instance, _mounts(frontend, script, claim)),
        user=section.user or USER,
        annotations={WHY: REASON},
    )
    workload.service(name, scope, pod, opts)
    workload.deployment(name, scope, pod, opts, replicas=1, renewal="recreate")


def _container(
    frontend: SourceFrontend, section: Development, instance: Instance, mounts: Sequence[Mount]
) -> Container:
    servers = section.frontends
    image = servers.image or instance.stack.pinned_release.node_image
    listening = probes.tcp(frontend.port, every=5, failures=START_SECONDS // 5)
    return Container(
        image=instance.pulled(instance.stack.images.mirrored(image)),
        size=FixedSize(cpu="100m", memory=servers.memory, memory_limit=servers.memory_limit),
        command=["python3", "-m", PACKAGE],
        working_dir=SCRIPTS,
        env={**environment(instance.stack), **_environment(frontend, section, instance.stack)},
        port=frontend.port,
        probes=Probes(
            startup=listening,
            readiness=probes.tcp(frontend.port, every=5),
            # It listens to nobody while it installs packages anew.
            liveness=probes.tcp(frontend.port, every=60, failures=60),
        ),
        mounts=mounts,
    )


def _mounts(frontend: SourceFrontend, script: Files, claim: PersistentVolumeClaim) -> list[Mount]:
    """The source as it is, but for its packages: those of the machine are of another system, perhaps."""
    modules = volumes.claimed("modules", MODULES, claim)
    return [
        volumes.mounted("script", f"{SCRIPTS}/{PACKAGE}", [script]),
        volumes.host_folder("source", SOURCE, frontend.on_node, read_only=True),
        modules,
        Mount(path=f"{SOURCE}/{NODE_MODULES}", volume=modules.volume, part=NODE_MODULES),
        volumes.scratch("tmp", "/tmp", "1Gi"),
    ]


def _environment(frontend: SourceFrontend, section: Development, stack: Stack) -> Mapping[str, str]:
    """What frontend-build reads, over the micro-frontend's own .env.development."""
    site = stack.site
    return {
        "SOURCE": SOURCE,
        "MODULES": MODULES,
        "HOSTS": site.mfe_host,
        "SOCKET_PATH": frontend.socket_path,
        "LISTEN": stack.cluster.any_address.strip("[]"),
        "PORT": str(frontend.port),
        "APP_ID": frontend.name,
        "PUBLIC_PATH": frontend.public_path,
        "MFE_CONFIG_API_URL": "/api/mfe_config/v1",
        "NODE_ENV": "development",
        # What pages read before they have asked the LMS for their configuration.
        "BASE_URL": site.mfe_url,
        "LMS_BASE_URL": site.lms_url,
        "STUDIO_BASE_URL": site.studio_url,
        "LOGIN_URL": f"{site.lms_url}/login",
        "LOGOUT_URL": f"{site.lms_url}/logout",
        **({"WATCHPACK_POLLING": "true"} if section.frontends.polling else {}),
        "npm_config_cache": f"{MODULES}/cache",
        "npm_config_update_notifier": "false",
        "HOME": "/tmp",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
