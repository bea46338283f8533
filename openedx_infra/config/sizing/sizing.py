"""Sizing: replicas, CPU and memory of every workload.

The defaults, which are the profile `small`, suit one server with 4 cores and 16 GB and some hundred learners
at a time. They are what Tutor, eduNEXT and MIT run with in public, rounded; they have not been measured here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from openedx_infra.config.sizing.autoscaling import PoolAutoscaling, WebAutoscaling
from openedx_infra.config.sizing.profiles import DEFAULT, ProfileName, merged_with_profile
from openedx_infra.config.types.base import Count, Distinct, KubernetesName, OrNothing, PoolName, Section
from openedx_infra.config.types.quantities import Cpu, Disk, Memory


class Resources(Section):
    """CPU and memory of one pod."""

    cpu: Cpu
    """CPU that the scheduler reserves."""
    cpu_limit: Cpu | None = None
    """CPU above which the pod is slowed down. None: no limit, as with a limit starting takes minutes."""
    memory: Memory
    """Memory that the scheduler reserves."""
    memory_limit: Memory | None = None
    """Memory above which the pod is killed. None: the same as `memory`."""

    @property
    def memory_ceiling(self) -> str:
        """Memory above which the pod is killed."""
        return self.memory_limit or self.memory


def fixed(replicas: int | None) -> int:
    """The number of pods where no autoscaler decides."""
    return 1 if replicas is None else replicas


class Web(Resources):
    """A web workload."""

    replicas: Count | None = Field(None, ge=1, le=200)
    """Number of pods. None: 1, unless `autoscaling` decides."""
    autoscaling: WebAutoscaling | None = None
    """Autoscaler that sets the number of pods. None: `replicas`. `replicas` replaces that of a profile."""
    processes: Count = Field(2, ge=1, le=64)
    """Web server processes in each pod."""
    threads: Count = Field(1, ge=1, le=64)
    """Threads in each process. One request occupies one thread."""

    @property
    def least(self) -> int:
        """Smallest number of pods."""
        return self.autoscaling.min if self.autoscaling else fixed(self.replicas)


class WorkerPool(Resources):
    """Celery workers that serve the same queues."""

    cpu: Cpu = "100m"
    """CPU that the scheduler reserves."""
    memory: Memory = "1Gi"
    """Memory that the scheduler reserves."""
    memory_limit: Memory | None = "2560Mi"
    """Memory above which the pod is killed. None: the same as `memory`."""
    queues: Annotated[tuple[str, ...], Distinct] = Field(min_length=1)
    """Queues by the last part of their names, such as `default` for `edx.lms.core.default`."""
    replicas: Count | None = Field(None, ge=0, le=200)
    """Number of pods. None: 1, unless `autoscaling` decides. 0 pauses the pool: tasks wait."""
    autoscaling: PoolAutoscaling | None = None
    """Autoscaler that sets the number of pods. None: `replicas`."""
    concurrency: Count = Field(1, ge=1, le=64)
    """Tasks that one pod works on at a time. Celery's own default, all cores of the node, exhausts the
    node's memory."""
    max_tasks_per_child: Count = Field(100, ge=1)
    """Tasks after which a worker process is replaced, which frees leaked memory."""
    grace_seconds: Count = Field(600, ge=30, le=86_400)
    """Seconds that a pod gets to finish its tasks when it must stop (MIT lost reports with 30)."""

    @property
    def least(self) -> int:
        """Smallest number of pods."""
        return self.autoscaling.min if self.autoscaling else fixed(self.replicas)


class Served(Resources):
    """A server with replicas."""

    replicas: Count = Field(1, ge=1, le=50)
    """Number of pods."""


class StaticServer(Resources):
    """The server of static files, and the volume that each of its pods has for them."""

    replicas: Count | None = Field(None, ge=1, le=50)
    """Number of pods. None: as many as of the MFEs' server."""
    versions: Count = Field(3, ge=2, le=10)
    """Versions whose files are kept, the newest included: pages of older ones find some files missing."""
    disk: Disk = "4Gi"
    """Disk for the files of all versions; files that are the same in several take space once. A guess:
    Verawood's are some hundred MB."""


class PriorityClasses(Section):
    """PriorityClasses of the cluster, by name: which pods are evicted first from a full node. They are global
    to the cluster, so its administrator creates them and not an instance."""

    data: KubernetesName | None = None
    """For servers that hold data. None: the cluster's default, as for the others."""
    web: KubernetesName | None = None
    """For pods that visitors wait for."""
    workers: KubernetesName | None = None
    """For workers, beat, and consumers of the event bus."""
    jobs: KubernetesName | None = None
    """For Jobs and scheduled commands, which run again."""


class Sizing(Section):
    """Size of every workload."""

    profile: ProfileName = DEFAULT
    """Sizes to start with, which all other keys here override. `tiny`: one server of 4 or 8 GB. `small`: one
    server of 16 GB. `medium`: three nodes and some thousand learners. `large`: many nodes, autoscaled.
    Their numbers: [profiles](profiles.md)."""
    lms: Web = Web(cpu="250m", memory="1536Mi", memory_limit="2560Mi")
    """Web pods of the LMS."""
    studio: Web = Web(cpu="100m", memory="1Gi", memory_limit="2560Mi")
    """Web pods of Studio."""
    lms_workers: dict[PoolName, WorkerPool] = Field(
        {
            "default": WorkerPool(queues=("default", "high"), concurrency=2),
            "high-mem": WorkerPool(
                queues=("high_mem",),
                max_tasks_per_child=1,
                grace_seconds=14_400,
                memory="768Mi",
                memory_limit="3Gi",
            ),
        }
    )
    """Pools of the LMS' Celery workers. Together they serve every queue of the LMS.
    Pools that are set here replace all default pools."""
    studio_workers: dict[PoolName, WorkerPool] = Field(
        {"default": WorkerPool(queues=("default", "high", "low"))}
    )
    """Pools of Studio's Celery workers. Together they serve every queue of Studio.
    Pools that are set here replace all default pools."""
    beat: Resources = Resources(cpu="20m", memory="512Mi", memory_limit="1Gi")
    """Celery beat; there is exactly one pod."""
    mfe: Served = Served(cpu="20m", memory="64Mi", memory_limit="256Mi")
    """Static server of the MFEs."""
    static: StaticServer = StaticServer(cpu="20m", memory="64Mi", memory_limit="256Mi")
    """Server of the static files of LMS and Studio."""
    jobs: Resources = Resources(cpu="250m", memory="2Gi", memory_limit="4Gi")
    """Jobs in the platform's image. Migrations of a full database are killed below 4 GB (Tutor's
    documentation)."""
    duties: Resources = Resources(cpu="100m", memory="1Gi", memory_limit="2560Mi")
    """CronJobs of `openedx:duties`: a process of the platform each, as a worker's (a guess)."""
    mysql: Resources = Resources(cpu="250m", memory="1Gi", memory_limit="2Gi")
    """MySQL; its buffer pool gets half of the memory limit. Run by an operator, it is the size of each
    member."""
    mongodb: Resources = Resources(cpu="100m", memory="512Mi", memory_limit="1Gi")
    """MongoDB; its cache gets a quarter of the memory limit. Run by an operator, it is the size of each
    member."""
    broker: Resources = Resources(cpu="50m", memory="128Mi", memory_limit="512Mi")
    """Valkey as broker; it refuses writes at three quarters of the memory limit. Run by an operator, it is
    the size of each member."""
    cache: Resources = Resources(cpu="50m", memory="128Mi", memory_limit="512Mi")
    """Valkey as cache; it evicts at three quarters of the memory limit. Run by an operator, it is the size
    of each member."""
    search: Resources = Resources(cpu="100m", memory="256Mi", memory_limit="1Gi")
    """Meilisearch."""
    storage: Resources = Resources(cpu="50m", memory="128Mi", memory_limit="512Mi")
    """S3 server of `datastores.storage` in the cluster. A guess: it streams files and keeps none in
    memory."""
    smtp: Resources = Resources(cpu="10m", memory="32Mi", memory_limit="128Mi")
    """SMTP relay."""
    consumers: Resources = Resources(cpu="20m", memory="512Mi", memory_limit="1Gi")
    """Each consumer of the event bus. A guess: it loads the platform, as beat does."""
    priority_classes: Annotated[PriorityClasses | None, OrNothing] = None
    """Which pods are evicted first from a full node. None: no pod comes first."""

    @model_validator(mode="before")
    @classmethod
    def _merge_with_profile(cls, sizing: Any) -> Any:
        return merged_with_profile(sizing) if isinstance(sizing, Mapping) else sizing
