"""Component of the pods without a port: Celery's workers, beat, and consumers of the event bus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pulumi

from openedx_infra.components.datastores.store import FileStore
from openedx_infra.components.edx_platform.autoscaling import pool_replicas
from openedx_infra.components.edx_platform.event_bus import consumer_command
from openedx_infra.components.edx_platform.liveness_probe import (
    ALIVE_ENV,
    BEAT_SILENT_MINUTES,
    WORKER_SILENT_MINUTES,
    liveness,
)
from openedx_infra.components.edx_platform.platform_pod import platform_container, platform_pod
from openedx_infra.components.edx_platform.queues import make_login
from openedx_infra.components.edx_platform.sites import LMS, STUDIO, SettingsFiles, Site
from openedx_infra.components.instance import Instance
from openedx_infra.config import Stack
from openedx_infra.config.sections.event_bus import Consumer
from openedx_infra.config.sizing.sizing import WorkerPool
from openedx_infra.kubernetes import probes, workload
from openedx_infra.kubernetes.autoscaling import Replicas
from openedx_infra.kubernetes.pod import Container, Size
from openedx_infra.kubernetes.probes import Probes
from openedx_infra.settings.connections import Connections

PID_FILE = "/tmp/celery.pid"
BEAT_COMMAND = [
    "celery",
    f"--app={LMS.variant}.celery",
    "beat",
    "--loglevel=info",
    # The schedule is in the settings; the file only remembers what ran last, and may be lost with the pod.
    "--schedule=/tmp/celerybeat-schedule",
    f"--pidfile={PID_FILE}",
]
_STARTED = probes.command("test", "-s", PID_FILE, every=5, failures=60)
"""Five minutes to load the platform, which takes half a minute on a quiet node (a guess)."""


@dataclass(frozen=True, kw_only=True)
class WorkersArgs:
    """What the workers need."""

    instance: Instance
    storage: FileStore
    lms: SettingsFiles
    """Settings of the LMS, which its workers share with its web pods."""
    studio: SettingsFiles
    """Settings of Studio, likewise."""
    connections: pulumi.Input[Connections]
    """Where the broker is, whose queues autoscalers may count."""
    after: Sequence[pulumi.Resource]
    """What must be done before a worker may start."""


class Workers(pulumi.ComponentResource):
    """One Deployment for each pool of LMS' and Studio's workers and for each consumer of the event bus, and
    beat, of which there is exactly one.

    They have started when Celery has written its process id, which it does with the platform loaded. Then a
    file is looked at, which stays fresh while the main thread is at work (settings/platform/liveness.py).
    `celery inspect ping` would import the platform each time, which costs seconds of CPU and restarts healthy
    workers of a busy node; and a broker that is away must restart nobody.
    """

    def __init__(self, name: str, args: WorkersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Workers", name, None, opts)
        self._args, stack = args, args.instance.stack
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.after))
        self._lms, self._studio = LMS.of(stack), STUDIO.of(stack)
        for site, pools in (
            (self._lms, stack.sizing.lms_workers),
            (self._studio, stack.sizing.studio_workers),
        ):
            for pool_name, pool in _running(stack, pools).items():
                self._pool(site, f"{site.name}-worker-{pool_name}", pool)
        self._beat()
        if stack.is_first:  # the broker, and so the login, is that of both versions
            make_login(args.instance, self)
        for consumer_name, consumer in stack.event_bus.consumers.items():
            self._consumer(consumer_name, consumer)
        self.register_outputs({})

    def _pool(self, site: Site, component: str, pool: WorkerPool) -> None:
        container = self._container(site, worker_command(site, component, pool), pool)
        self._deploy(
            component,
            replace(container, probes=Probes(startup=_STARTED, liveness=liveness(WORKER_SILENT_MINUTES))),
            pool_replicas(site, self._args.instance, pool, self._args.connections),
            grace_seconds=pool.grace_seconds,
            tracked=True,
        )

    def _beat(self) -> None:
        stack = self._args.instance.stack
        container = self._container(self._lms, BEAT_COMMAND, stack.sizing.beat)
        self._deploy(
            f"{self._lms.name}-beat",
            replace(container, probes=Probes(startup=_STARTED, liveness=liveness(BEAT_SILENT_MINUTES))),
            # Two clocks would start everything twice: the one of the version that serves goes.
            1 if stack.serves and _beat_runs(stack) else 0,
            single=True,
        )

    def _consumer(self, name: str, consumer: Consumer) -> None:
        site = self._lms if consumer.site == "lms" else self._studio
        size = self._args.instance.stack.sizing.consumers
        container = self._container(site, consumer_command(site, consumer), size)
        self._deploy(
            f"{site.name}-consumer-{name}",
            replace(container, probes=Probes(liveness=liveness(WORKER_SILENT_MINUTES))),
            1,
            single=True,
        )

    def _container(self, site: Site, command: Sequence[str], size: Size) -> Container:
        args = self._args
        files = args.lms if site.variant == LMS.variant else args.studio
        return platform_container(
            site, args.instance, files, args.storage, command=command, size=size, env=ALIVE_ENV
        )

    def _deploy(
        self,
        component: str,
        container: Container,
        replicas: int | Replicas,
        *,
        single: bool = False,
        grace_seconds: int = 60,
        tracked: bool = False,
    ) -> None:
        instance, storage = self._args.instance, self._args.storage
        pod = platform_pod(
            component, container, instance, storage, grace_seconds=grace_seconds, tracked=tracked
        )
        renewal: Literal["recreate", "surge"] = "recreate" if single else "surge"
        workload.deployment(component, instance.scope, pod, self._opts, replicas=replicas, renewal=renewal)


def _running(stack: Stack, pools: Mapping[str, WorkerPool]) -> Mapping[str, WorkerPool]:
    """The pools of a site as they run: in a development instance, one of them may do the work of all."""
    if stack.development is None:
        return pools
    from openedx_infra.components.development.workers import developed_pools

    return developed_pools(stack, pools)


def _beat_runs(stack: Stack) -> bool:
    """Whether beat has a pod: in a development instance it may be part of a worker."""
    if stack.development is None:
        return True
    from openedx_infra.components.development.workers import beat_has_a_pod

    return beat_has_a_pod(stack)


def worker_command(site: Site, name: str, pool: WorkerPool) -> list[str]:
    """Celery as process 1 of its container, so that it gets the SIGTERM that lets it finish its tasks.

    It takes one task at a time from the broker and talks to no other worker: gossip among many pods floods
    the broker.
    """
    queues = ",".join(site.queue(queue) for queue in pool.queues)
    return [
        "celery",
        f"--app={site.variant}.celery",
        "worker",
        "--loglevel=info",
        f"--hostname={name}@%h",
        f"--queues={queues}",
        f"--pidfile={PID_FILE}",
        f"--concurrency={pool.concurrency}",
        f"--max-tasks-per-child={pool.max_tasks_per_child}",
        "--prefetch-multiplier=1",
        "--without-gossip",
        "--without-mingle",
    ]
