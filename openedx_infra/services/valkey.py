"""Valkey in the cluster, twice: a broker that never evicts, and a cache that does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from openedx_infra.config import Stack
from openedx_infra.config.datastores.valkey import BrokerInCluster, CacheInCluster
from openedx_infra.config.sizing.sizing import Resources
from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.kubernetes import probes, volumes
from openedx_infra.kubernetes.models import ProbeArgs
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.services.service import DatastoreService, DataVolume, File
from openedx_infra.settings.connections import Endpoint, Valkey

PORT = 6379
USER = 999
"""The user of the official images of Valkey and Redis, to whom the broker's files belong."""
CONFIG = "/etc/valkey/config"
SECRETS = "/etc/valkey/secrets"
DATA = "/data"


def broker(stack: Stack, config: BrokerInCluster) -> DatastoreService[Valkey]:
    """Celery's queues and the event bus: nothing is evicted, and what was acknowledged survives a restart."""
    lines = ["maxmemory-policy noeviction", "appendonly yes", "appendfsync everysec"]
    data = DataVolume(path=DATA, size=config.storage)
    return _valkey("broker", stack, stack.sizing.broker, lines, data, user=USER)


def cache(stack: Stack, _config: CacheInCluster) -> DatastoreService[Valkey]:
    """Django's cache and sessions: what was used least recently goes first, and nothing is written to
    disk."""
    lines = ["maxmemory-policy allkeys-lru", "appendonly no", 'save ""']
    data = volumes.scratch("data", DATA, "64Mi")
    return _valkey("cache", stack, stack.sizing.cache, lines, data, user=None)


def _ready() -> ProbeArgs:
    """Succeeds when it answers. While it reads its file after a restart, it only takes connections.

    The password comes from its file through a pipe, so that no argument shows it.
    """
    login = f"sed 's/^requirepass/AUTH/' {SECRETS}/password.conf"
    return probes.command(
        *("sh", "-c", f"{{ {login}; echo PING; }} | redis-cli -p {PORT} | grep -qx PONG"), every=10, timeout=5
    )


def _login(password: str) -> str:
    # Valkey reads quoted words as JSON does.
    return f"requirepass {json.dumps(password, ensure_ascii=False)}\n"


def _valkey(
    name: str,
    stack: Stack,
    size: Resources,
    lines: Sequence[str],
    data: DataVolume | Mount,
    *,
    user: int | None,
) -> DatastoreService[Valkey]:
    # The rest is for buffers and rewriting its file.
    memory = memory_bytes(size.memory_ceiling) * 3 // 4
    common = [f"include {SECRETS}/password.conf", f"port {PORT}", f"dir {DATA}", f"maxmemory {memory}"]
    config = File(
        object=f"{name}-config",
        volume="config",
        folder=CONFIG,
        name="valkey.conf",
        text="\n".join([*common, *lines, ""]),
    )
    password = File(
        object=f"{name}-password",
        volume="secrets",
        folder=SECRETS,
        name="password.conf",
        text=_login,
        secrets=[f"{name}_password"],
    )
    return DatastoreService(
        name=name,
        software="valkey",
        image=stack.image("valkey"),
        size=size,
        stateful=True,
        command=["redis-server", f"{CONFIG}/valkey.conf"],  # Valkey's images answer to Redis' name, too
        port=PORT,
        probes=replace(probes.server(PORT), readiness=_ready()),
        grace_seconds=60,
        user=user,
        folders=[data, config, password],
        connection=Valkey(endpoint=Endpoint(host=name, port=PORT)),
    )
