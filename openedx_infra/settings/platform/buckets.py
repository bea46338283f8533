"""Storages in buckets, and the addresses by which browsers reach their files.

Runs in the platform. The settings AWS_* say what holds for all buckets: the private one, unless another is
named, and signed addresses, unless a storage is told to sign none.
"""

import boto3
from django.conf import settings
from storages.backends.s3boto3 import S3Boto3Storage

from .endpoints import prepared


class Bucket(S3Boto3Storage):
    """A bucket. The platform knows by its base that addresses are the bucket's own, and not Studio's."""

    def _create_session(self):
        session = prepared(
            settings.AWS_S3_ENDPOINT_URL,
            settings.AWS_S3_PUBLIC_ENDPOINT_URL,
            settings.AWS_S3_ADDRESSING_STYLE,
        )
        # Without keys, boto3 takes the pod's role.
        return boto3.Session(self.access_key, self.secret_key, botocore_session=session)


class Packages(Bucket):
    """Packages of files, whose addresses are the site's own, below `served_at` (`packages.py`)."""

    def __init__(self, served_at, **options):
        super().__init__(**options)
        self.served_at = served_at

    def url(self, name, parameters=None, expire=None, http_method=None):
        """Without a signature: players add names of further files to it."""
        return f"{self.served_at}{name}"


class Exports(Bucket):
    """Course exports and imports, and what tasks leave for their users. Made without arguments."""

    def __init__(self):
        super().__init__(bucket_name=settings.COURSE_IMPORT_EXPORT_BUCKET)
