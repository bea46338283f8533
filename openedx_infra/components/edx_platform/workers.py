"""Who does what takes longer than a request? Celery's workers and its clock, and listeners of the event
bus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from openedx_infra.components.datastores.store import FileStore
from openedx_infra.components.edx_platform.autoscaling import pool_replicas
from openedx_infra.components.edx_platform.event_bus import consumers
from openedx_infra.components.edx_platform.liveness_probe import (
    BEAT_SILENT_MINUTES,
    WATCHED,
    WORKER_SILENT_MINUTES,
    liveness,
)
from openedx_infra.components.edx_platform.process import Process, pod
from openedx_infra.components.edx_platform.queues import make_login
from openedx_infra.components.edx_platform.sites import LMS, STUDIO, SettingsFiles, Site
from openedx_infra.components.instance import Instance
from openedx_infra.config.sizing.sizing import WorkerPool
from openedx_infra.kubernetes import probes, workload
from openedx_infra.kubernetes.autoscaling import Replicas
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
    """One Deployment for each pool of LMS' and Studio's workers, and beat, of which there is exactly one.

    They have started when Celery has written its process id, which it does with the platform loaded. Then a
    file is looked at, which stays fresh while the main thread is at work (settings/platform/liveness.py).
    `celery inspect ping` would import the platform each time, which costs seconds of CPU and restarts healthy
    workers of a busy node; and a broker that is away must restart nobody.
    """

    def __init__(self, name: str, args: WorkersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("openedx:index:Workers", name, None, opts)
        self._args, self._lms = args, LMS.of(args.instance.stack)
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.after))
        sizing = args.instance.stack.sizing
        for site, files, pools in (
            (self._lms, args.lms, sizing.lms_workers),
            (STUDIO.of(args.instance.stack), args.studio, sizing.studio_workers),
        ):
            for pool_name, pool in pools.items():
                self._pool(site, files, pool_name, pool)
        self._beat()
        if args.instance.stack.colour == "blue":  # the broker, and so the login, is that of both versions
            make_login(args.instance, self)
        for site, process in consumers(args.instance.stack):
            self._deploy(
                site, args.lms if site.variant == LMS.variant else args.studio, process, 1, single=True
            )
        self.register_outputs({})

    def _pool(self, site: Site, files: SettingsFiles, pool_name: str, pool: WorkerPool) -> None:
        component = f"{site.name}-worker-{pool_name}"
        process = Process(
            component=component,
            command=worker_command(site, component, pool),
            size=pool,
            probes=Probes(startup=_STARTED, liveness=liveness(WORKER_SILENT_MINUTES)),
            grace_seconds=pool.grace_seconds,
            tracked=True,
            env=WATCHED,
        )
        self._deploy(
            site, files, process, pool_replicas(site, self._args.instance, pool, self._args.connections)
        )

    def _beat(self) -> None:
        process = Process(
            component=f"{self._lms.name}-beat",
            command=BEAT_COMMAND,
            size=self._args.instance.stack.sizing.beat,
            probes=Probes(startup=_STARTED, liveness=liveness(BEAT_SILENT_MINUTES)),
            env=WATCHED,
        )
        # Two clocks would start everything twice: the one of the version that serves goes.
        replicas = 1 if self._args.instance.stack.serves else 0
        self._deploy(self._lms, self._args.lms, process, replicas, single=True)

    def _deploy(
        self,
        site: Site,
        files: SettingsFiles,
        process: Process,
        replicas: int | Replicas,
        *,
        single: bool = False,
    ) -> None:
        workload.deployment(
            process.component,
            self._args.instance.scope,
            pod(site, self._args.instance, files, self._args.storage, process),
            self._opts,
            replicas=replicas,
            renewal="recreate" if single else "surge",
        )


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
