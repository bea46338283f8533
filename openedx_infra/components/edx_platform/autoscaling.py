"""Autoscalers of web pods and workers, from `autoscaling` in the sizes of the stack file."""

from __future__ import annotations

import pulumi

from openedx_infra.components.edx_platform.queues import queue_trigger
from openedx_infra.components.edx_platform.sites import Site
from openedx_infra.components.instance import Instance
from openedx_infra.config.sizing.autoscaling import PoolAutoscaling, WebAutoscaling
from openedx_infra.config.sizing.sizing import Web, WorkerPool, fixed
from openedx_infra.kubernetes.autoscaling import Autoscaler, Pace, Replicas, Trigger
from openedx_infra.settings.connections import Connections

_RATE = "2m"
"""Time over which requests are counted: two polls of KEDA, and four scrapes of Prometheus."""


def web_replicas(site: Site, instance: Instance, size: Web) -> Replicas:
    """How many web pods of a site there are."""
    config = size.autoscaling
    autoscaler = _web(site, instance, config) if config else None
    return Replicas(fixed=fixed(size.replicas), autoscaler=autoscaler)


def pool_replicas(
    site: Site, instance: Instance, pool: WorkerPool, connections: pulumi.Input[Connections]
) -> Replicas:
    """How many workers of a pool there are."""
    config = pool.autoscaling
    autoscaler = _pool(site, instance, pool, config, connections) if config else None
    return Replicas(fixed=fixed(pool.replicas), autoscaler=autoscaler)


def _web(site: Site, instance: Instance, config: WebAutoscaling) -> Autoscaler:
    return Autoscaler(
        least=config.min,
        most=config.max,
        cpu_percent=config.cpu_percent,
        up=Pace(after_seconds=config.up_after_seconds, amount=config.up_percent, unit="Percent"),
        down=Pace(after_seconds=config.down_after_seconds, amount=config.down_percent, unit="Percent"),
        keda=instance.stack.cluster.keda,
        triggers=_requests(site, instance, config),
    )


def _requests(site: Site, instance: Instance, config: WebAutoscaling) -> list[Trigger]:
    if config.requests_per_second is None:
        return []
    stack = instance.stack
    query = config.requests_query or requests_query(
        stack.cluster.ingress_controller, site.name, site.host(stack), stack.namespace
    )
    metadata = {
        "serverAddress": str(stack.monitoring.prometheus_url),
        "query": query,
        "threshold": str(config.requests_per_second),
    }
    return [Trigger(type="prometheus", metadata=metadata)]


def requests_query(controller: str, service: str, host: str, namespace: str) -> str:
    """PromQL of all requests a second that an ingress controller hands to a Service."""
    if controller == "nginx":
        return f'sum(rate(nginx_ingress_controller_requests{{host="{host}"}}[{_RATE}]))'
    return f'sum(rate(traefik_service_requests_total{{service=~"{namespace}-{service}-.+"}}[{_RATE}]))'


def _pool(
    site: Site,
    instance: Instance,
    pool: WorkerPool,
    config: PoolAutoscaling,
    connections: pulumi.Input[Connections],
) -> Autoscaler:
    length = config.queue_length
    names = [site.queue(queue) for queue in pool.queues]
    triggers: pulumi.Input[list[Trigger]] = []
    if length is not None:
        triggers = pulumi.Output.from_input(connections).apply(
            lambda endpoints: [
                queue_trigger(instance.stack, endpoints.broker, name, length) for name in names
            ]
        )
    return Autoscaler(
        least=config.min,
        most=config.max,
        cpu_percent=config.cpu_percent,
        memory_percent=config.memory_percent,
        up=Pace(after_seconds=config.up_after_seconds, amount=config.up_pods, unit="Pods"),
        down=Pace(
            after_seconds=config.down_after_seconds,
            amount=config.down_pods,
            unit="Pods",
            every_seconds=config.down_every_seconds,
        ),
        keda=instance.stack.cluster.keda,
        triggers=triggers,
    )
