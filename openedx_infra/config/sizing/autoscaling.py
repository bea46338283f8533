"""Autoscaling: what it measures, and how fast it adds and removes pods.

Left out on purpose: latency, as it depends on the database, which more pods load more; and memory of web
pods, as processes don't return memory, so that their number would never shrink."""

from __future__ import annotations

from pydantic import Field

from openedx_infra.config.types.base import Count, Section


class Autoscaling(Section):
    """Limits of the number of pods, and what it is scaled by."""

    max: Count = Field(ge=1, le=200)
    """Most pods."""
    cpu_percent: Count | None = Field(70, ge=10, le=1000)
    """Use of CPU, in percent of what is reserved (`cpu`), above which there are more pods. None: CPU is not
    measured. 70 is MIT's."""

    @property
    def by_resources(self) -> bool:
        """Whether it scales by something that the cluster itself measures."""
        return self.cpu_percent is not None

    @property
    def needs_keda(self) -> bool:
        """Whether it scales by something that only KEDA can measure."""
        return False


class WebAutoscaling(Autoscaling):
    """Autoscaling of web pods."""

    min: Count = Field(2, ge=1, le=200)
    """Fewest pods. A single one is gone for minutes when its node is lost."""
    requests_per_second: Count | None = Field(None, ge=1, le=10_000)
    """Requests a second for each pod, above which there are more. Needs KEDA and Prometheus. MIT's is 20; its
    pods serve 4 in the mean."""
    requests_query: str | None = Field(None, min_length=1)
    """PromQL query for all requests a second of this workload. None: the ingress controller's metric."""
    up_percent: Count = Field(50, ge=1, le=1000)
    """Growth within a minute, in percent of the pods there are. MIT's number."""
    up_after_seconds: Count = Field(60, ge=0, le=3600)
    """Seconds for which more pods must be needed before any are added. MIT's number."""
    down_percent: Count = Field(10, ge=1, le=100)
    """Pods removed within a minute, in percent of those there are, but at least one. MIT's number."""
    down_after_seconds: Count = Field(1500, ge=0, le=3600)
    """Seconds for which fewer pods must be needed before any are removed: learners come back after a lecture.
    MIT's number for the LMS; for Studio it is 300."""

    @property
    def needs_keda(self) -> bool:
        """Whether it scales by something that only KEDA can measure."""
        return self.requests_per_second is not None


class PoolAutoscaling(Autoscaling):
    """Autoscaling of workers."""

    min: Count = Field(1, ge=0, le=200)
    """Fewest pods. 0 needs `queue_length`, and makes the first task wait until an image of 2 GB is pulled and
    the platform is loaded (MIT measured 4 minutes for the image alone)."""
    memory_percent: Count | None = Field(None, ge=10, le=1000)
    """Use of memory, in percent of what is reserved (`memory`), above which there are more pods. Only for
    pools whose processes are replaced often (`max_tasks_per_child`), otherwise it never shrinks. MIT's is 70,
    for Studio's workers."""
    queue_length: Count | None = Field(None, ge=1, le=100_000)
    """Waiting tasks in a queue for each pod, above which there are more pods. Needs KEDA. MIT's is 10, and 1
    for grade reports."""
    up_pods: Count = Field(4, ge=1, le=200)
    """Pods added within a minute (a guess)."""
    up_after_seconds: Count = Field(300, ge=0, le=3600)
    """Seconds for which more pods must be needed before any are added. MIT's number: with less, its pools
    went from 1 to 20 and back all the time."""
    down_pods: Count = Field(1, ge=1, le=200)
    """Pods removed within `down_every_seconds`. MIT's number."""
    down_every_seconds: Count = Field(300, ge=15, le=1800)
    """MIT's number; 1800 for grade reports."""
    down_after_seconds: Count = Field(1800, ge=0, le=3600)
    """Seconds for which fewer pods must be needed before any are removed. MIT's number; 3600 for grade
    reports."""

    @property
    def by_resources(self) -> bool:
        """Whether it scales by something that the cluster itself measures."""
        return self.cpu_percent is not None or self.memory_percent is not None

    @property
    def needs_keda(self) -> bool:
        """Whether it scales by something that only KEDA can measure."""
        return self.queue_length is not None
