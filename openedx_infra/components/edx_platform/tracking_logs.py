"""Tracking events in a bucket: a sidecar with rclone in each pod that makes any.

Processes write them to files of a folder (`settings/platform/spool.py`), and rclone moves the files of each
minute that is over (`scripts/tracking_ship.sh`). When the pod stops, the sidecar is stopped last and moves
the rest. Events that still wait for the bucket are lost with their node; they are on stdout, too.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from openedx_infra import scripts
from openedx_infra.components.datastores.certificates import GO_TRUSTS
from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.instance import Instance, Shipping
from openedx_infra.components.web_proxy import environment
from openedx_infra.config.sections.monitoring import Tracking, TrackingServer
from openedx_infra.config.sections.network import AUTHORITIES
from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.pod import Container, FixedSize
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings import paths
from openedx_infra.settings.connections import Buckets, Volumes

CONFIG = "/etc/tracking"
SIZE = FixedSize(cpu="10m", memory="64Mi", memory_limit="256Mi")
"""A shell that sleeps, and rclone for seconds in a minute, with parts of 5 MB in memory (a guess)."""
FULL = 0.8
"""Share of the folder above which the oldest events are dropped: a pod that fills all of it is evicted."""


def shipping(instance: Instance, stores: Datastores, parent: pulumi.Resource) -> Shipping | None:
    """The folder and the sidecar, which all pods have alike. None: events stay on stdout."""
    tracking = instance.stack.monitoring.tracking
    if tracking is None:
        return None
    scope, opts = instance.scope, pulumi.ResourceOptions(parent=parent)
    script = {"ship.sh": scripts.text("tracking_ship.sh")}
    keys = (
        ("tracking_access_key", "tracking_secret_key")
        if tracking.server
        else ("s3_access_key", "s3_secret_key")
    )
    login = pulumi.Output.all(*(instance.secrets.get(key, "") for key in keys))
    secret = {
        "rclone.conf": pulumi.Output.all(stores.connections, login).apply(
            lambda values: rclone_config(tracking, values[0].storage, *values[1])
        ),
        "remote": stores.connections.apply(lambda connections: remote_path(tracking, connections.storage)),
    }
    config = [
        files.plain("tracking-script", scope, script, opts),
        files.secret("tracking-server", scope, secret, opts),
    ]
    folder = volumes.scratch("tracking", paths.TRACKING_DIR, tracking.buffer)
    return Shipping(
        mount=folder, sidecar=_sidecar(instance, tracking, folder, volumes.mounted("tracker", CONFIG, config))
    )


def _sidecar(instance: Instance, tracking: Tracking, folder: Mount, config: Mount) -> Container:
    limit = int(memory_bytes(tracking.buffer) * FULL) // 1024
    trusted = instance.certificates.mounts(AUTHORITIES)
    return Container(
        name="tracking",
        image=instance.image("rclone"),
        size=SIZE,
        command=["sh", "-c", command(limit)],
        env={
            "RCLONE_CONFIG": f"{CONFIG}/rclone.conf",
            "HOME": paths.TRACKING_DIR,
            **(GO_TRUSTS if trusted else {}),
            **environment(instance.stack),
        },
        mounts=[folder, config, *(volumes.renamed(mount, "tracking-authorities") for mount in trusted)],
        disk_limit=tracking.buffer,
    )


def command(limit: int) -> str:
    """What the sidecar runs: at most `limit` KiB wait."""
    return f'exec sh {CONFIG}/ship.sh {paths.TRACKING_DIR} "$(cat {CONFIG}/remote)" {limit}'


def remote_path(tracking: Tracking, storage: Volumes | Buckets) -> str:
    """Bucket and folder, as rclone names them."""
    private = storage.names["private"] if isinstance(storage, Buckets) else ""
    return f"tracking:{tracking.bucket or private}/{tracking.folder}"


def rclone_config(tracking: Tracking, storage: Volumes | Buckets, access: str, secret: str) -> str:
    """rclone's configuration: the server, and the login."""
    lines: dict[str, str] = {"type": "s3", **_server(tracking, storage), "no_check_bucket": "true"}
    if access:
        lines |= {"access_key_id": access, "secret_access_key": secret}
    else:
        lines["env_auth"] = "true"
    return "\n".join(["[tracking]", *(f"{name} = {value}" for name, value in lines.items())]) + "\n"


def _server(tracking: Tracking, storage: Volumes | Buckets) -> Mapping[str, str]:
    if tracking.server is not None:
        server: TrackingServer | Buckets = tracking.server
    elif isinstance(storage, Buckets):
        server = storage
    else:
        raise ValueError("monitoring.tracking: no server: config refuses it")
    return {
        "provider": "Other" if server.endpoint else "AWS",
        "region": server.region,
        **({"endpoint": server.endpoint} if server.endpoint else {}),
        "force_path_style": str(server.addressing == "path").lower(),
    }
