"""Component of the static files' web server: files of all versions that pages may still ask for.

A page asks for the files of the version that made it, and whichever pod is asked must have them: during a
roll-out, and as long as people have old pages open. So the files are neither in the web pods' images alone
nor on a shared volume, but in pods of their own, which take those of the new image and, from the pods that
serve before them, those of versions before. They are renewed before the web pods are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pulumi

from openedx_infra import scripts
from openedx_infra.components.frontends.caddy import caddy
from openedx_infra.components.instance import Instance
from openedx_infra.components.users import IMAGE_GROUPS, USER
from openedx_infra.config.sizing.sizing import Sizing, StaticServer
from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.kubernetes import files, volumes, workload
from openedx_infra.kubernetes.pod import Container, FixedSize, Image, Pod
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings import paths
from openedx_infra.settings.servers.static_files import (
    PEERS_PATH,
    STATIC_PORT,
    VERSIONS_DIR,
    static_caddyfile,
)

NAME = "static"
SOFTWARE = "static-files"
"""Software label of the pods: policies for MFEs, whose server is Caddy, too, are not for these."""
SCRIPTS = "/openedx/scripts"
PACKAGE = "static_files"
FILLING = FixedSize(cpu="100m", memory="128Mi", memory_limit="512Mi")
"""Of a container that fills the volume. The lists that it compares, of three versions of 20,000 files each,
take Python 80 MB (measured here)."""
PATIENCE_SECONDS = 120
"""Patience with other pods' files, before a pod goes on with what it has: a fifth of a roll-out's."""
FILLED = 0.9
"""Part of the volume that files may fill: the rest is for folders, and for halves of blocks."""


class Static(pulumi.ComponentResource):
    """The server of static files. It needs no datastore, and waits for nothing."""

    def __init__(
        self,
        name: str,
        instance: Instance,
        opts: pulumi.ResourceOptions | None = None,
        *,
        other_images: Sequence[Image] = (),
    ) -> None:
        """`other_images` serve at the same time as the instance's own, such as another colour's."""
        super().__init__("openedx:index:Static", name, None, opts)
        scope, opts = instance.scope, pulumi.ResourceOptions(parent=self)
        size = instance.stack.sizing.static
        config = files.plain("static-config", scope, {"Caddyfile": static_caddyfile()}, opts)
        script = files.plain("static-script", scope, scripts.package(PACKAGE), opts)
        volume = volumes.scratch("versions", VERSIONS_DIR, size.disk)
        pod = Pod(
            component=NAME,
            software=SOFTWARE,
            container=caddy(
                instance.image("mfe"),
                size,
                config,
                STATIC_PORT,
                mounts=[replace(volume, read_only=True)],
                disk_limit=_disk_limit(size),
            ),
            before=_filling([instance.image("openedx"), *other_images], size, script, volume),
            user=USER,
            groups=IMAGE_GROUPS,
            grace_seconds=45,
        )
        workload.service(NAME, scope, pod, opts)
        self.ready = workload.deployment(NAME, scope, pod, opts, replicas=_replicas(instance.stack.sizing))
        """The Deployment, which must be rolled out before pages of the new version are served."""
        self.register_outputs({})


def _replicas(sizing: Sizing) -> int:
    return sizing.static.replicas or sizing.mfe.replicas


def _disk_limit(size: StaticServer) -> str:
    return f"{memory_bytes(size.disk) // 2**20 + 512}Mi"


def _filling(
    images: Sequence[Image], size: StaticServer, script: files.Files, volume: Mount
) -> list[Container]:
    """Containers that copy files: from each image, then from other pods."""
    mounts = [volumes.mounted("script", f"{SCRIPTS}/{PACKAGE}", [script]), volume]
    steps = [("begin", images[0]), *(("add", image) for image in images[1:]), ("inherit", images[0])]
    return [
        Container(
            name=f"{command}-{number}" if command == "add" else command,
            image=image,
            size=FILLING,
            command=["python", "-m", PACKAGE, command],
            working_dir=SCRIPTS,
            env=_environment(size),
            mounts=mounts,
            disk_limit=_disk_limit(size),
        )
        for number, (command, image) in enumerate(steps)
    ]


def _environment(size: StaticServer) -> Mapping[str, str]:
    return {
        "SOURCE": paths.STATIC_DIR,
        "FOLDER": VERSIONS_DIR,
        "PEERS": f"http://{NAME}:{STATIC_PORT}{PEERS_PATH}",
        "VERSIONS": str(size.versions),
        "LIMIT_BYTES": str(int(memory_bytes(size.disk) * FILLED)),
        "PATIENCE": str(PATIENCE_SECONDS),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/tmp",
    }
