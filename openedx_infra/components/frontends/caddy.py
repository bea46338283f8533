"""Caddy's container, which serves MFEs, static files and the maintenance page."""

from __future__ import annotations

from collections.abc import Sequence

from openedx_infra.kubernetes import files, probes, volumes
from openedx_infra.kubernetes.pod import Container, Image, Size
from openedx_infra.kubernetes.probes import Probes
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings import HEALTH_PATH
from openedx_infra.settings.paths import CADDY_DIR

SOFTWARE = "caddy"
"""Software label of the pods that visitors reach at the MFEs' host: MFEs, or the maintenance page."""


def caddy(
    image: Image,
    size: Size,
    config: files.Files,
    port: int,
    *,
    mounts: Sequence[Mount] = (),
    disk_limit: str = Container.disk_limit,
) -> Container:
    """A container in the image of the MFEs that runs Caddy with `Caddyfile`, a file of `config`.

    When it is stopped, it serves 15 s more, until no proxy sends it anything.
    """
    return Container(
        image=image,
        size=size,
        command=["caddy", "run", "--config", f"{CADDY_DIR}/Caddyfile", "--adapter", "caddyfile"],
        env={"HOME": "/tmp", "XDG_CONFIG_HOME": "/tmp/config", "XDG_DATA_HOME": "/tmp/data"},
        port=port,
        probes=Probes(
            startup=probes.http(HEALTH_PATH, port, every=2, failures=60),
            readiness=probes.http(HEALTH_PATH, port),
            liveness=probes.tcp(port, every=20, failures=6),
        ),
        mounts=[
            volumes.mounted("config", CADDY_DIR, [config]),
            *mounts,
            volumes.scratch("tmp", "/tmp", "64Mi"),
        ],
        disk_limit=disk_limit,
        drain_seconds=15,
        binds_low_ports=True,
    )
