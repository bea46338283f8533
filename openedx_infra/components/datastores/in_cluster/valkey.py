"""How does the instance run Valkey itself? Twice: a broker that never evicts, and a cache that does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pulumi
from pulumi_kubernetes.core.v1 import ProbeArgs

from openedx_infra.components import users
from openedx_infra.components.datastores.store import Reach, Store
from openedx_infra.components.instance import Instance
from openedx_infra.config.datastores.valkey import BrokerInCluster, CacheInCluster
from openedx_infra.config.sizing.sizing import Resources
from openedx_infra.config.types.base import memory_bytes
from openedx_infra.kubernetes import files, probes, volumes, workload
from openedx_infra.kubernetes.pod import Container, Pod
from openedx_infra.kubernetes.volumes import Mount
from openedx_infra.settings import connections
from openedx_infra.settings.connections import Endpoint

PORT = 6379
USER = 999
"""The user of the official images of Valkey and Redis, to whom the broker's files belong."""
SOFTWARE = "valkey"
CONFIG = "/etc/valkey/config"
SECRETS = "/etc/valkey/secrets"
DATA = "/data"


def broker(instance: Instance, said: BrokerInCluster, parent: pulumi.Resource) -> Store[connections.Valkey]:
    """Celery's queues and the event bus: nothing is evicted, and what was acknowledged survives a restart."""
    claim = volumes.claim(
        "broker",
        instance.scope,
        said.storage,
        instance.data(parent),
        storage_class=instance.stack.cluster.storage_class,
    )
    rules = ["maxmemory-policy noeviction", "appendonly yes", "appendfsync everysec"]
    data = volumes.claimed("data", DATA, claim)
    return _valkey("broker", instance, parent, instance.stack.sizing.broker, rules, data)


def cache(instance: Instance, said: CacheInCluster, parent: pulumi.Resource) -> Store[connections.Valkey]:
    """Django's cache and sessions: what was used least recently goes first, and nothing is written to
    disk."""
    rules = ["maxmemory-policy allkeys-lru", "appendonly no", 'save ""']
    data = volumes.scratch("data", DATA, "64Mi")
    return _valkey("cache", instance, parent, instance.stack.sizing.cache, rules, data, user=users.USER)


def _ready() -> ProbeArgs:
    """Succeeds when it answers. While it reads its file after a restart, it only takes connections.

    The password comes from its file through a pipe, so that no argument shows it.
    """
    login = f"sed 's/^requirepass/AUTH/' {SECRETS}/password.conf"
    return probes.command(
        *("sh", "-c", f"{{ {login}; echo PING; }} | redis-cli -p {PORT} | grep -qx PONG"), every=10, timeout=5
    )


def _valkey(
    name: str,
    instance: Instance,
    parent: pulumi.Resource,
    size: Resources,
    rules: Sequence[str],
    data: Mount,
    *,
    user: int = USER,
) -> Store[connections.Valkey]:
    scope, opts = instance.scope, pulumi.ResourceOptions(parent=parent)
    # The rest is for buffers and rewriting its file.
    memory = memory_bytes(size.memory_ceiling) * 3 // 4
    lines = [f"include {SECRETS}/password.conf", f"port {PORT}", f"dir {DATA}", f"maxmemory {memory}", *rules]
    config = files.plain(f"{name}-config", scope, {"valkey.conf": "\n".join(lines) + "\n"}, opts)
    password = pulumi.Output.from_input(instance.secrets[f"{name}_password"])
    # Valkey reads quoted words as JSON does.
    line = password.apply(lambda known: f"requirepass {json.dumps(known, ensure_ascii=False)}\n")
    secrets = files.secret(f"{name}-password", scope, {"password.conf": line}, opts)
    container = Container(
        image=instance.image("valkey"),
        size=size,
        command=["redis-server", f"{CONFIG}/valkey.conf"],  # Valkey's images answer to Redis' name, too
        port=PORT,
        probes=replace(probes.server(PORT), readiness=_ready()),
        mounts=[
            data,
            volumes.mounted("config", CONFIG, [config]),
            volumes.mounted("secrets", SECRETS, [secrets]),
        ],
    )
    pod = Pod(component=name, software=SOFTWARE, container=container, user=user, grace_seconds=60)
    server = workload.stateful_set(name, scope, pod, opts)
    return Store(
        connection=connections.Valkey(at=Endpoint(host=name, port=PORT)),
        reach=Reach.software(SOFTWARE, PORT),
        ready=[server],
        foreign=False,
    )
