"""Buckets of companion services: what a service asks for, and the names that they have at a server."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from openedx_infra.config.datastores.storage import StorageExternal, bucket_prefix
from openedx_infra.config.stack import Stack

LONGEST = 63
"""Characters of a bucket's name, by S3's rule."""


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket of a service's own, on the instance's object storage, whoever runs that. Where the instance
    keeps files on volumes, it is a volume of the service's own. Backups hold it."""

    name: str
    """What it is for, such as `media`: lower-case letters and digits."""
    folder: str
    """Folder of its pods that shows the volume, where files are on volumes: `/openedx/media`."""
    public: bool = False
    """Whether everybody may read its files, by their names. On a volume, the service hands them out
    itself."""
    size: str = "5Gi"
    """Size of the volume to begin with, where files are on volumes."""
    backup: bool = True
    """Whether backups hold it: not what can be made again."""


def kind(service: str, bucket: Bucket) -> str:
    """What a bucket is called in backups, in names of its objects, and in the stack file:
    `credentials-media`."""
    return f"{service}-{bucket.name}"


def bucket_name(stack: Stack, service: str, bucket: Bucket) -> str:
    """Name of a bucket in the instance's own S3 server, or at an external one. On AWS, Pulumi adds digits."""
    storage = stack.datastores.storage
    if isinstance(storage, StorageExternal) and (given := storage.service_buckets.get(kind(service, bucket))):
        return given
    return _cut(f"{bucket_prefix(stack.name)}-{kind(service, bucket)}")


def _cut(name: str) -> str:
    """A name that is too long ends with digits that are made of all of it."""
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - 9].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
