"""Metrics, alerts, dashboards, and where logs and tracking events go."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.datastores.search import ServerUrl
from openedx_infra.config.datastores.storage import BucketName
from openedx_infra.config.types.aws_regions import service_host
from openedx_infra.config.types.base import KubernetesName, Section, Switch
from openedx_infra.config.types.labels import LabelKey, LabelValue
from openedx_infra.config.types.patterns import Pattern
from openedx_infra.config.types.quantities import Disk

PageUrl = Annotated[
    str,
    Pattern(
        "address",
        r"https?://[^\s/?#]+(/[^\s?#]*)?",
        "http or https, a host, and perhaps a path",
        "https://wiki.example.org/alerts",
    ),
]
"""An address with or without a path."""

FolderInBucket = Annotated[
    str,
    Pattern(
        "folder in a bucket",
        r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*",
        "letters, digits, hyphens and underscores, with slashes between the parts",
        "tracking/campus",
    ),
]
"""A folder in a bucket, without slashes at its ends."""


class TrackingServer(Section):
    """An S3 server other than that of uploaded files."""

    endpoint: ServerUrl | None = None
    """Its address, as pods reach it. None: Amazon's own for the region."""
    region: str = Field("us-east-1", min_length=1)
    """Region that requests are signed for. Most servers other than AWS' take any."""
    addressing: Literal["path", "virtual"] = "path"
    """Whether a bucket's name stands in the path or before the host."""

    @property
    def url(self) -> str:
        """Address of the server."""
        return self.endpoint or f"https://{service_host('s3', self.region)}"


class Tracking(Section):
    """Tracking events, kept as objects in a bucket: `<folder>/2026/11/23/<pod>-….log.gz`, lines of JSON."""

    bucket: BucketName | None = None
    """The bucket, which exists already. None: the private one of uploaded files."""
    folder: FolderInBucket = "tracking"
    """Folder in the bucket."""
    server: TrackingServer | None = None
    """Server of the bucket, by the secrets `tracking_access_key` and `tracking_secret_key`. None: the server
    of uploaded files (`datastores.storage`), with its login."""
    buffer: Disk = "1Gi"
    """Disk on the node where each pod keeps events while the bucket is unreachable. When it is nearly full,
    the oldest are dropped: a busy web pod writes some 100 MB an hour, uncompressed (a guess)."""


class Monitoring(Section):
    """Metrics, alerts, dashboards and logs."""

    logs: Literal["text", "json"] = "text"
    """How the platform's log lines are written on stderr: for people, or as one JSON object each. Tracking
    events are JSON on stdout in any case."""
    tracking: Tracking | None = None
    """Keeps tracking events in a bucket, too. None: they are on the stdout of pods only, for a log collector
    to keep."""
    prometheus: Switch = False
    """Whether the cluster runs the Prometheus Operator. The instance then has exporters, monitors and alert
    rules for it."""
    prometheus_url: PageUrl | None = None
    """Address of Prometheus for pods, such as `http://prometheus-operated.monitoring:9090`: where KEDA
    queries requests per second. None: KEDA can't query it."""
    prometheus_namespace: KubernetesName | None = None
    """Namespace of Prometheus, whose pods alone may scrape metrics. None: any."""
    prometheus_labels: dict[LabelKey, LabelValue] = Field(
        {"app.kubernetes.io/name": "prometheus"}, min_length=1
    )
    """Labels of the pods of Prometheus."""
    labels: dict[LabelKey, LabelValue] = Field({})
    """Labels of monitors and rules, for a Prometheus that selects by label: `release: kube-prometheus-stack`
    with that chart's defaults."""
    grafana: Switch = False
    """Whether there are dashboards: ConfigMaps with the label `grafana_dashboard: "1"`, which the sidecar of
    Grafana's chart finds."""
    runbooks: PageUrl | None = None
    """Address of a published copy of docs/alerts.md: alerts link to its sections. None: they name the
    file."""
