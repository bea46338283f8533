"""Broker and cache on several nodes: replicas and Sentinels, run by OpsTree's Redis Operator.

It runs Redis 7.0, the last but one with Valkey's licence and protocol (ADR 0015 says why). Each is one custom
resource: servers, and as many Sentinels, which make another server the master when it fails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from openedx_infra.components.datastores.operators.server import (
    TIMEOUT,
    WAIT_FOR,
    Kind,
    after,
    apart,
    claim,
    container,
    restricted,
    server,
)
from openedx_infra.components.datastores.store import Members, Reach, Store
from openedx_infra.components.instance import Instance
from openedx_infra.config.datastores.valkey import BrokerOperator, CacheOperator
from openedx_infra.config.sizing.sizing import Resources
from openedx_infra.config.types.quantities import memory_bytes
from openedx_infra.kubernetes import files
from openedx_infra.kubernetes.names import COMPONENT
from openedx_infra.kubernetes.pod import FixedSize
from openedx_infra.settings import connections
from openedx_infra.settings.connections import Endpoint

REDIS_REPLICATION = Kind(api_version="redis.redis.opstreelabs.in/v1beta2", name="RedisReplication")
OPERATOR = {"name": "redis-operator"}
"""Label of the operator's own pods."""
PORT, SENTINEL_PORT = 6379, 26379
MASTER = "mymaster"
"""What the operator's Sentinels call the master."""
USER = 1000
"""The user of OpsTree's images."""
SENTINEL_SIZE = FixedSize(cpu="50m", memory="64Mi", memory_limit="128Mi")
"""A Sentinel, which holds no data: a guess."""


def broker(instance: Instance, section: BrokerOperator, parent: pulumi.Resource) -> Store[connections.Valkey]:
    """Celery's queues and the event bus: nothing is evicted, and what was acknowledged survives a restart."""
    # Without it, the operator deletes the volumes together with the custom resource.
    storage = {
        "keepAfterDelete": True,
        "volumeClaimTemplate": {"spec": claim(instance, section.storage)},
    }
    rules = ["maxmemory-policy noeviction", "appendonly yes", "appendfsync everysec"]
    return _replicas(
        "broker",
        instance,
        section,
        instance.stack.sizing.broker,
        rules,
        {"storage": storage},
        instance.data(parent),
    )


def cache(instance: Instance, section: CacheOperator, parent: pulumi.Resource) -> Store[connections.Valkey]:
    """Django's cache and sessions: what was used least recently goes first, and nothing is written to
    disk."""
    rules = ["maxmemory-policy allkeys-lru", "appendonly no", 'save ""']
    opts = pulumi.ResourceOptions(parent=parent)
    return _replicas("cache", instance, section, instance.stack.sizing.cache, rules, {}, opts)


def _replicas(
    name: str,
    instance: Instance,
    section: BrokerOperator | CacheOperator,
    size: Resources,
    rules: Sequence[str],
    more: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
) -> Store[connections.Valkey]:
    child_opts = pulumi.ResourceOptions(parent=opts.parent)
    resource_name, members = _resource_name(name), section.members
    # The rest is for buffers and rewriting its file.
    lines = [f"maxmemory {memory_bytes(size.memory_ceiling) * 3 // 4}", *rules]
    text = "\n".join(lines) + "\n"
    config = files.plain(f"{name}-config", instance.scope, {"redis-additional.conf": text}, child_opts)
    password = files.secret(
        f"{name}-password", instance.scope, {"password": instance.secrets[f"{name}_password"]}, child_opts
    )
    spec = {
        **_servers(resource_name, instance, members, size, config.name, password.name),
        "sentinel": _sentinels(resource_name, instance, members),
        **more,
    }
    # The operator tells the master once all servers and Sentinels are ready.
    redis = server(
        resource_name,
        REDIS_REPLICATION,
        instance,
        spec,
        after(opts, config.source, password.source),
        ready=["{.status.masterNode}", f"{{.status.connectionInfo.masterName}}={MASTER}"],
    )
    pods = instance.scope.selector(resource_name)
    ports = (PORT, SENTINEL_PORT)
    return Store(
        connection=connections.Valkey(
            sentinels=tuple(
                Endpoint(host=f"{resource_name}-s-{i}.{resource_name}-s-hl", port=SENTINEL_PORT)
                for i in range(members)
            ),
            master=MASTER,
        ),
        reach=Reach(
            ports=ports,
            pods=pods,
            members=Members(
                pods=pods,
                ports=ports,
                operator=OPERATOR,
                operator_namespace=section.operator_namespace,
            ),
        ),
        ready=[redis],
        externally_managed=False,
    )


def _resource_name(name: str) -> str:
    """Name of the custom resource, which the operator gives to StatefulSet and Service, too.

    It is none that `in_cluster` gives to its own: a datastore that moves from one to the other is both for a
    while.
    """
    return f"{name}-redis"


def _servers(
    name: str,
    instance: Instance,
    members: int,
    size: Resources,
    config: pulumi.Input[str],
    password: pulumi.Input[str],
) -> dict[str, Any]:
    pod, processes = restricted(instance, USER)
    return {
        "clusterSize": members,
        "kubernetesConfig": {
            **container(instance, "redis", size),
            "redisSecret": {"name": password, "key": "password"},
            # The operator would hand them on to its pods, and roll these when they change.
            "ignoreAnnotations": [TIMEOUT, WAIT_FOR],
        },
        "redisConfig": {"additionalRedisConfig": config},
        "podSecurityContext": pod,
        "securityContext": processes,
        # The operator's own probes hand the password to a command line.
        "readinessProbe": _probe(PORT),
        "livenessProbe": _probe(PORT),
        "affinity": apart({COMPONENT: name, "redis_setup_type": "replication"}),
        "pdb": {"enabled": True, "maxUnavailable": 1},
        "terminationGracePeriodSeconds": 60,
    }


def _sentinels(name: str, instance: Instance, members: int) -> dict[str, Any]:
    pod, processes = restricted(instance, USER)
    return {
        **container(instance, "redis_sentinel", SENTINEL_SIZE),
        "size": members,
        "podSecurityContext": pod,
        "securityContext": processes,
        "affinity": apart({COMPONENT: name, "redis_setup_type": "sentinel"}),
    }


def _probe(port: int) -> dict[str, Any]:
    return {"tcpSocket": {"port": port}, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 6}
