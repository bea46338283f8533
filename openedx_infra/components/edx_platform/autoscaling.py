"""Who decides how many pods of the platform there are? From the sizes of the stack file to an autoscaler."""

from __future__ import annotations

import pulumi

from openedx_infra.components.edx_platform.queues import login, queue_trigger
from openedx_infra.components.edx_platform.sites import Site
from openedx_infra.components.instance import Instance
from openedx_infra.config.sizing.autoscaling import PoolAutoscaling, WebAutoscaling
from openedx_infra.config.sizing.sizing import Web, WorkerPool, fixed
from openedx_infra.kubernetes.autoscaling import Autoscaler, Pace, Replicas, Trigger
from openedx_infra.settings.connections import Connections

_RATE = "2m"
"""Over which time requests are counted: twice what KEDA looks at, and four scrapes of Prometheus."""


def web_replicas(site: Site, instance: Instance, size: Web) -> Replicas:
    """How many web pods of a site there are."""
    said = size.autoscaling
    by = _web(site, instance, said) if said else None
    return Replicas(fixed=fixed(size.replicas), autoscaler=by)


def pool_replicas(
    site: Site, instance: Instance, pool: WorkerPool, connections: pulumi.Input[Connections]
) -> Replicas:
    """How many workers of a pool there are."""
    said = pool.autoscaling
    by = _pool(site, instance, pool, said, connections) if said else None
    return Replicas(fixed=fixed(pool.replicas), autoscaler=by)


def _web(site: Site, instance: Instance, said: WebAutoscaling) -> Autoscaler:
    return Autoscaler(
        least=said.min,
        most=said.max,
        cpu_percent=said.cpu_percent,
        up=Pace(after_seconds=said.up_after_seconds, amount=said.up_percent, unit="Percent"),
        down=Pace(after_seconds=said.down_after_seconds, amount=said.down_percent, unit="Percent"),
        keda=instance.stack.cluster.keda,
        triggers=_requests(site, instance, said),
    )


def _requests(site: Site, instance: Instance, said: WebAutoscaling) -> list[Trigger]:
    if said.requests_per_second is None:
        return []
    stack = instance.stack
    query = said.requests_query or requests_query(
        stack.cluster.ingress_controller, site.name, site.host(stack), stack.namespace
    )
    metadata = {
        "serverAddress": str(stack.monitoring.prometheus_url),
        "query": query,
        "threshold": str(said.requests_per_second),
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
    said: PoolAutoscaling,
    connections: pulumi.Input[Connections],
) -> Autoscaler:
    length = said.queue_length
    names = [site.queue(queue) for queue in pool.queues]
    triggers: pulumi.Input[list[Trigger]] = []
    if length is not None:
        found = pulumi.Output.from_input(connections)
        by = login(instance.stack)
        triggers = found.apply(lambda at: [queue_trigger(at.broker, name, length, by) for name in names])
    return Autoscaler(
        least=said.min,
        most=said.max,
        cpu_percent=said.cpu_percent,
        memory_percent=said.memory_percent,
        up=Pace(after_seconds=said.up_after_seconds, amount=said.up_pods, unit="Pods"),
        down=Pace(
            after_seconds=said.down_after_seconds,
            amount=said.down_pods,
            unit="Pods",
            every_seconds=said.down_every_seconds,
        ),
        keda=instance.stack.cluster.keda,
        triggers=triggers,
    )
