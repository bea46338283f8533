"""The sources of storage for uploaded files: volumes, or buckets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.datastores.search import ServerUrl
from openedx_infra.config.datastores.source import SecretNeed, Source, generated, only_operator_knows
from openedx_infra.config.types.base import IMMUTABLE, Count, Section, Switch
from openedx_infra.config.types.hosts import Hostname
from openedx_infra.config.types.patterns import Pattern
from openedx_infra.config.types.quantities import Disk

BucketName = Annotated[
    str,
    Pattern(
        "bucket name",
        r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "3 to 63 lower-case letters, digits, hyphens and dots, with a letter or digit at both ends",
        "campus-private",
    ),
]
"""Name of a bucket, by S3's rule."""

BucketPrefix = Annotated[
    str,
    Pattern(
        "beginning of bucket names",
        r"[a-z0-9][a-z0-9-]{0,47}",
        "at most 48 lower-case letters, digits and hyphens",
        "campus",
    ),
]
"""What the names of all buckets of an instance begin with."""

PREFIX_LENGTH = 48
"""Longest beginning of a bucket's name: 63 characters are S3's limit for all of it."""


def bucket_prefix(stack: str) -> str:
    """A stack's name as S3 allows it, which names of its buckets begin with on its own server."""
    return re.sub(r"[^a-z0-9]+", "-", stack.lower())[:PREFIX_LENGTH].strip("-") or "openedx"


class StorageVolumes(Source):
    """Two volumes of the cluster, shared by web pods and workers."""

    run_by = "cluster"
    images = ()

    source: Literal["volumes"] = Field("volumes", json_schema_extra=IMMUTABLE)
    """Files lie on volumes of the cluster, and the platform itself hands them out."""
    media: Disk = "10Gi"
    """Size of the volume of public media: profile images, course images, video images."""
    private: Disk = "10Gi"
    """Size of the volume of private files: ORA submissions, grade reports, course exports, library assets."""
    access_mode: Literal["ReadWriteOnce", "ReadWriteMany"] = Field(
        "ReadWriteOnce", json_schema_extra=IMMUTABLE
    )
    """ReadWriteOnce keeps all pods that mount them on one node, which is right for a single server.
    Several nodes need ReadWriteMany and a StorageClass that can do it."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return ()


class StorageInCluster(Source):
    """An S3 server of the instance's own (Versity Gateway), on one volume of the cluster."""

    run_by = "cluster"
    images = ("versitygw",)

    source: Literal["in-cluster"] = Field(json_schema_extra=IMMUTABLE)
    """The instance runs it as a StatefulSet of one pod. Pods reach it by its Service, browsers by
    `files_host`, through the ingress."""
    storage: Disk = "20Gi"
    """Size of its volume. It may grow later where the StorageClass allows it, and never shrinks."""
    files_host: Hostname | None = Field(None, json_schema_extra={"default_text": "files.<lms_host>"})
    """Host by which browsers fetch and send files. Point it to the ingress, as the site's other hosts."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return generated("s3_root_secret_key", "s3_access_key", "s3_secret_key")


class Buckets(Section):
    """Names of buckets that exist already."""

    public: BucketName
    """Files that everybody may see: profile images, course images, video images."""
    private: BucketName
    """Files that need a permission: transcripts, library assets, staff-graded submissions."""
    grades: BucketName
    """Grade reports and other reports of instructors."""
    ora: BucketName
    """Learners' submissions to open responses."""
    exports: BucketName
    """Course exports and imports under way."""


class StorageExternal(Source):
    """Buckets at any server that speaks S3's protocol."""

    run_by = "external"
    images = ()

    source: Literal["external"] = Field(json_schema_extra=IMMUTABLE)
    """The instance only uses them, by the secrets `s3_access_key` and `s3_secret_key`."""
    endpoint: ServerUrl = Field(json_schema_extra=IMMUTABLE)
    """Address of the server, as pods reach it."""
    public_endpoint: ServerUrl | None = None
    """Address of the server, as browsers reach it. Default: `endpoint`."""
    region: str = Field("us-east-1", min_length=1)
    """Region that requests are signed for. Most servers other than AWS' take any."""
    addressing: Literal["path", "virtual"] = "path"
    """Whether a bucket's name stands in the path or before the host."""
    buckets: Buckets = Field(json_schema_extra=IMMUTABLE)
    """Names of the buckets. The policy of `public` must let everybody read."""
    service_buckets: dict[str, BucketName] = Field({})
    """Names of buckets of companion services, by service and purpose: `credentials-media`. One that isn't
    here is called by the stack, the service and the purpose: `prod-credentials-media`."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return only_operator_knows("s3_access_key", "s3_secret_key")


class StorageS3(Source):
    """Buckets on Amazon S3. Pods reach them by a role of their own, without a password."""

    run_by = "aws-role"
    images = ()

    source: Literal["s3"] = Field(json_schema_extra=IMMUTABLE)
    """The instance's own stack makes them."""
    prefix: BucketPrefix | None = Field(
        None, json_schema_extra={**IMMUTABLE, "default_text": "the stack's name"}
    )
    """What their names begin with; Pulumi makes them unique."""
    versioned: Switch = True
    """Whether what is overwritten or deleted can be had back for `old_version_days`."""
    old_version_days: Count = Field(30, ge=1, le=3650)
    """Days for which overwritten and deleted files are kept."""
    export_days: Count = Field(7, ge=1, le=365)
    """Days for which course exports and imports are kept."""

    def secret_needs(self, store: str) -> Iterable[SecretNeed]:
        """Secrets that it needs."""
        return ()  # pods log in by their role


Storage = Annotated[
    StorageVolumes | StorageInCluster | StorageExternal | StorageS3, Field(discriminator="source")
]
"""Files that learners and authors upload: public media, and private files that need a permission."""
