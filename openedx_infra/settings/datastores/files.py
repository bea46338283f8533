"""Storages of uploads and reports: what is public in one place, what needs a permission in another.

Everything of learners and authors is private, and the platform asks for a permission before it hands it out:

- grade reports and other reports of instructors: the platform puts the address that the storage gives into
  its list of reports. On volumes, ours gives a signed one of the LMS, for the person who asked and for an
  hour (`platform/storages.py`, `platform/reports.py`); a bucket signs addresses itself;
- ORA submissions: openassessment's own view, by addresses that it opens for a while; or signed addresses;
- submissions to staff-graded assignments, library assets and transcripts: handlers of the platform;
- course exports and imports: Studio's handlers, which stream from volumes, and tell the signed address of a
  bucket's.
"""

from __future__ import annotations

from openedx_infra.settings.connections import Buckets, Volumes
from openedx_infra.settings.datastores.buckets import buckets
from openedx_infra.settings.datastores.folders import folders
from openedx_infra.settings.merging import Settings, merged
from openedx_infra.settings.paths import DATA_DIR


def files(site: str, storage: Volumes | Buckets) -> Settings:
    """Storages of a site (`lms` or `cms`)."""
    return merged(_ALIKE, buckets(site, storage) if isinstance(storage, Buckets) else folders(site))


_ALIKE: Settings = {
    "MEDIA_URL": "/media/",
    "DATA_DIR": DATA_DIR,
    # Nothing becomes public unless its storage says so.
    "AWS_DEFAULT_ACL": None,
    "AWS_BUCKET_ACL": None,
    # Names of static files have a hash, and the files are part of the image.
    "STORAGES": {"staticfiles": {"BACKEND": "openedx.core.storage.ProductionStorage"}},
    "VIDEO_IMAGE_SETTINGS": {
        "VIDEO_IMAGE_MAX_BYTES": 2 * 1024 * 1024,
        "VIDEO_IMAGE_MIN_BYTES": 2 * 1024,
        "DIRECTORY_PREFIX": "video-images/",
        "BASE_URL": "/media/",
    },
    "VIDEO_TRANSCRIPTS_SETTINGS": {
        "VIDEO_TRANSCRIPTS_MAX_BYTES": 3 * 1024 * 1024,
        "DIRECTORY_PREFIX": "video-transcripts/",
        "BASE_URL": "/media/",
    },
}
