"""How do tracking events get into a bucket? By a sidecar of each pod that makes any.

Processes write them to files of a folder (`settings/platform/spool.py`), and rclone moves the files of each
minute that is over (`scripts/tracking_ship.sh`). When the pod stops, the sidecar is stopped last and moves
the rest. Events that still wait for the bucket are lost with their node; they are on stdout, too.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from openedx_infra import scripts
from openedx_infra.components.datastores.datastores import Datastores
from openedx_infra.components.instance import Instance, Shipping
from openedx_infra.config.sections.monitoring import Tracking
from openedx_infra.config.types.base import memory_bytes
from openedx_infra.kubernetes import files, volumes
from openedx_infra.kubernetes.pod import Container, FixedSize
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings import paths
from openedx_infra.settings.connections import Buckets, Volumes

CONFIG = "/etc/tracking"
SIZE = FixedSize(cpu="10m", memory="64Mi", memory_limit="256Mi")
"""A shell that sleeps, and rclone for seconds in a minute, with parts of 5 MB in memory (a guess)."""
FULL = 0.8
"""Share of the folder beyond which the oldest events are dropped, as a pod that fills it whole is evicted."""


def shipping(instance: Instance, stores: Datastores, parent: pulumi.Resource) -> Shipping | None:
    """The folder and the sidecar, which all pods have alike. None: events stay on stdout."""
    said = instance.stack.monitoring.tracking
    if said is None:
        return None
    scope, opts = instance.scope, pulumi.ResourceOptions(parent=parent)
    script = {"ship.sh": scripts.text("tracking_ship.sh")}
    secret = {"rclone.conf": _configuration(instance, stores, said), "remote": _remote(stores, said)}
    kept = [
        files.plain("tracking-script", scope, script, opts),
        files.secret("tracking-server", scope, secret, opts),
    ]
    folder = volumes.scratch("tracking", paths.TRACKING_DIR, said.buffer)
    return Shipping(
        mount=folder, sidecar=_sidecar(instance, said, folder, volumes.mounted("tracker", CONFIG, kept))
    )


def _sidecar(instance: Instance, said: Tracking, folder: Mount, config: Mount) -> Container:
    limit = int(memory_bytes(said.buffer) * FULL) // 1024
    return Container(
        name="tracking",
        image=instance.image("rclone"),
        size=SIZE,
        command=["sh", "-c", command(limit)],
        env={"RCLONE_CONFIG": f"{CONFIG}/rclone.conf", "HOME": paths.TRACKING_DIR},
        mounts=[folder, config],
        disk_limit=said.buffer,
    )


def command(limit: int) -> str:
    """What the sidecar runs: at most `limit` KiB wait."""
    return f'exec sh {CONFIG}/ship.sh {paths.TRACKING_DIR} "$(cat {CONFIG}/remote)" {limit}'


def _remote(stores: Datastores, said: Tracking) -> pulumi.Output[str]:
    """Bucket and folder, as rclone names them."""
    return stores.connections.apply(lambda at: remote(said, at.storage))


def remote(said: Tracking, storage: Volumes | Buckets) -> str:
    """Bucket and folder, as rclone names them."""
    private = storage.names["private"] if isinstance(storage, Buckets) else ""
    return f"tracking:{said.bucket or private}/{said.folder}"


def _configuration(instance: Instance, stores: Datastores, said: Tracking) -> pulumi.Output[str]:
    keys = ("s3_access_key", "s3_secret_key")
    if said.server is not None:
        keys = ("tracking_access_key", "tracking_secret_key")
    logins = pulumi.Output.all(*(instance.secrets.get(key, "") for key in keys))
    return pulumi.Output.all(stores.connections, logins).apply(
        lambda known: configuration(said, known[0].storage, *known[1])
    )


def configuration(said: Tracking, storage: Volumes | Buckets, access: str, secret: str) -> str:
    """rclone's configuration: the server, and how to log in."""
    lines: dict[str, str] = {"type": "s3", **_server(said, storage), "no_check_bucket": "true"}
    if access:
        lines |= {"access_key_id": access, "secret_access_key": secret}
    else:
        lines["env_auth"] = "true"
    return "\n".join(["[tracking]", *(f"{name} = {value}" for name, value in lines.items())]) + "\n"


def _server(said: Tracking, storage: Volumes | Buckets) -> Mapping[str, str]:
    if said.server is not None:
        at, region, addressing = said.server.endpoint, said.server.region, said.server.addressing
    elif isinstance(storage, Buckets):
        at, region, addressing = storage.endpoint, storage.region, storage.addressing
    else:
        raise ValueError("monitoring.tracking: no server: config refuses it")
    path = {"force_path_style": str(addressing == "path").lower()}
    return {
        "provider": "Other" if at else "AWS",
        "region": region,
        **({"endpoint": at} if at else {}),
        **path,
    }
