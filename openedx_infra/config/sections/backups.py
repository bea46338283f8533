"""Backups: destination, schedule, retention, and the test that they can be restored."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.datastores.search import ServerUrl
from openedx_infra.config.datastores.storage import BucketName
from openedx_infra.config.sections.duties import Schedule
from openedx_infra.config.sizing.sizing import Resources
from openedx_infra.config.types.aws_regions import service_host
from openedx_infra.config.types.base import Count, OrNothing, Port, Section, Switch
from openedx_infra.config.types.patterns import Pattern
from openedx_infra.config.types.quantities import Disk

HTTPS, HTTP = 443, 80

Folder = Annotated[
    str,
    Pattern(
        "folder in a bucket",
        r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*",
        "letters, digits, hyphens and underscores, with slashes between",
        "openedx/campus",
    ),
]
"""A folder in a bucket."""

Kept = Annotated[Count, Field(ge=0, le=1000)]
"""A number of backups."""


class Destination(Section):
    """A bucket that holds backups, at any server that speaks S3's protocol. Secrets: `backup_access_key` and
    `backup_secret_key`."""

    endpoint: ServerUrl | None = None
    """Address of the server, as pods reach it. None: Amazon's own for the region."""
    region: str = Field("us-east-1", min_length=1)
    """Region that requests are signed for. Most servers other than AWS' take any."""
    bucket: BucketName
    """The bucket, which exists already. Never one of uploaded files: losing it would lose both."""
    folder: Folder | None = Field(None, json_schema_extra={"default_text": "the stack's name"})
    """Folder in the bucket. Each instance needs one of its own."""
    addressing: Literal["path", "virtual"] = "path"
    """Whether a bucket's name stands in the path or before the host."""

    @property
    def url(self) -> str:
        """Address of the server, without a slash at its end."""
        return self.endpoint or f"https://{service_host('s3', self.region)}"

    @property
    def port(self) -> Port:
        """TCP port of the server."""
        port = self.url.partition("://")[2].rpartition(":")[2]
        return int(port) if port.isdigit() else HTTPS if self.url.startswith("https:") else HTTP


class Retention(Section):
    """How many backups are kept. Scheduled ones are thinned out: one a day, one a week, one a month."""

    daily: Kept = 7
    """Days of which the last backup is kept."""
    weekly: Kept = 5
    """Weeks of which the last one is kept."""
    monthly: Kept = 12
    """Months of which the last one is kept."""
    by_hand: Kept = 10
    """How many are kept of those made by hand, of those before an upgrade, and of those before a restore: as
    many of each kind."""


class RestoreTest(Section):
    """A regular test that the newest backup can be restored: in a scratch namespace, with servers that are
    deleted afterwards."""

    schedule: Schedule = "H 5 * * 0"
    """When it runs. It reads the whole backup, which a provider may charge for."""
    files: Switch = True
    """Whether it reads the uploaded files, too, and not the databases alone."""
    overdue_days: Count = Field(8, ge=1, le=365)
    """Days without a successful test after which an alert is raised: a week and a
    day, with the weekly schedule."""
    minutes: Count = Field(240, ge=10, le=1440)
    """Minutes after which it is aborted."""
    mysql: Resources = Resources(cpu="250m", memory="1Gi", memory_limit="2Gi")
    """Size of its MySQL (a guess: loading a dump takes little more than the buffers)."""
    mongodb: Resources = Resources(cpu="250m", memory="1Gi", memory_limit="2Gi")
    """Size of its MongoDB (a guess)."""


class Backups(Section):
    """Encrypted backups of MySQL, MongoDB and uploaded files, by restic. Secret: `backup_password`, without
    which nobody can ever read them."""

    destination: Destination
    """Where backups are kept."""
    schedule: Schedule = "H 2 * * *"
    """When a backup is made, in the site's time zone."""
    overdue_hours: Count = Field(26, ge=1, le=1000)
    """Hours without a backup after which an alert is raised: a day and two hours, with the daily schedule."""
    minutes: Count = Field(360, ge=10, le=1440)
    """Minutes after which a backup is aborted."""
    retention: Retention = Retention()
    """How many backups are kept."""
    mysql: Switch = True
    """Whether backups contain MySQL. False where something else backs it up, such as RDS."""
    mongodb: Switch = True
    """Whether backups contain MongoDB."""
    files: Switch = True
    """Whether backups contain uploaded files: public and private ones, grade reports, submissions. They never
    contain course exports, which can be made again."""
    before_upgrade: Switch = True
    """Whether the databases are backed up before migrations change them."""
    scratch: Disk = "20Gi"
    """Disk on the node for the uncompressed dumps of both databases. A pod that needs more is evicted."""
    copy_size: Disk = Field("20Gi")
    """Size of the volume that holds a copy of all files, where these are in buckets: a backup then fetches
    what is new and no more. It may grow later where the StorageClass allows it."""
    drill: Annotated[RestoreTest | None, OrNothing] = RestoreTest()
    """The test. None: backups are never tested."""
    size: Resources = Resources(cpu="250m", memory="1Gi", memory_limit="2Gi")
    """Size of the pods that make and restore backups: restic needs some 100 MB and the index of the
    repository (a guess)."""

    @property
    def stores(self) -> tuple[str, ...]:
        """The datastores that backups contain, by their names in `Connections`."""
        stores = {"mysql": self.mysql, "mongodb": self.mongodb, "storage": self.files}
        return tuple(name for name, is_included in stores.items() if is_included)
