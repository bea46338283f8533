"""Where do uploads and reports go? What is public to one volume, what needs a permission to another.

Only MEDIA_DIR is served as files. Everything of learners and authors lies in PRIVATE_DIR, and the platform
asks for a permission before it hands it out:

- grade reports and other reports of instructors: the platform puts the address that the storage gives into
  its list of reports. Django's file storage would give an address under /media, so ours gives a signed one of
  the LMS, for the person who asked and for an hour (`platform/storages.py`, `platform/reports.py`);
- ORA submissions: openassessment's own view, by addresses that it opens for a while in the cache
  `ora2-storage`;
- submissions to staff-graded assignments, library assets and transcripts: handlers of the platform;
- course exports and imports: Studio's handlers, which stream from any storage that is a FileSystemStorage.
"""

from __future__ import annotations

from typing import Any

from openedx_infra.settings.connections import Connections
from openedx_infra.settings.merging import Settings
from openedx_infra.settings.paths import DATA_DIR, MEDIA_DIR, PRIVATE_DIR, settings_module

FILE_SYSTEM = "django.core.files.storage.FileSystemStorage"


def files(site: str, connections: Connections) -> Settings:
    """Storages of a site (`lms` or `cms`)."""
    artifacts = f"{settings_module(site)}.storages.ArtifactStorage"
    return {
        "MEDIA_ROOT": f"{MEDIA_DIR}/",
        "MEDIA_URL": "/media/",
        "DATA_DIR": DATA_DIR,
        "STORAGES": {
            "default": {"BACKEND": FILE_SYSTEM},
            "staticfiles": {"BACKEND": "openedx.core.storage.ProductionStorage"},
            "sga_storage": {"BACKEND": FILE_SYSTEM, "OPTIONS": {"location": f"{PRIVATE_DIR}/sga"}},
            "course_import_export": {"BACKEND": artifacts},
            "course_metadata_export": {"BACKEND": artifacts},
            "user_task_artifacts": {"BACKEND": artifacts},
        },
        # django-user-tasks 4.0 looks its alias up in the wrong object, and so does find this name only.
        "USER_TASKS_ARTIFACT_STORAGE": artifacts,
        "COURSE_IMPORT_EXPORT_STORAGE": artifacts,
        "COURSE_METADATA_EXPORT_STORAGE": artifacts,
        # Matters once an operator moves a storage to S3: nothing becomes public unless its storage says so.
        "AWS_DEFAULT_ACL": None,
        "AWS_BUCKET_ACL": None,
        **_public(),
        **_private(site),
    }


def _public() -> Settings:
    """Images that pages show to everybody. The defaults hold the default MEDIA_ROOT by value."""
    return {
        "PROFILE_IMAGE_BACKEND": {
            "class": "openedx.core.storage.OverwriteStorage",
            "options": {"location": f"{MEDIA_DIR}/profile-images/", "base_url": "/media/profile-images/"},
        },
        "VIDEO_IMAGE_SETTINGS": {
            "VIDEO_IMAGE_MAX_BYTES": 2 * 1024 * 1024,
            "VIDEO_IMAGE_MIN_BYTES": 2 * 1024,
            "STORAGE_CLASS": FILE_SYSTEM,
            "STORAGE_KWARGS": {"location": f"{MEDIA_DIR}/"},
            "DIRECTORY_PREFIX": "video-images/",
            "BASE_URL": "/media/",
        },
        # Files that XBlocks give pages by their address (django-pyfs).
        "DJFS": {
            "type": "osfs",
            "directory_root": f"{MEDIA_DIR}/django-pyfs",
            "url_root": "/media/django-pyfs",
        },
    }


def _private(site: str) -> Settings:
    return {
        "GRADES_DOWNLOAD": _reports(site, "grades"),
        "FINANCIAL_REPORTS": _reports(site, "financial"),
        "ORA2_FILEUPLOAD_BACKEND": "filesystem",
        "ORA2_FILEUPLOAD_ROOT": f"{PRIVATE_DIR}/ora2",
        "ORA2_FILEUPLOAD_CACHE_NAME": "ora2-storage",
        "FILE_UPLOAD_STORAGE_BUCKET_NAME": "ora2",
        "OPENEDX_LEARNING": {
            "MEDIA": {"BACKEND": FILE_SYSTEM, "OPTIONS": {"location": f"{PRIVATE_DIR}/openedx-learning"}}
        },
        "VIDEO_TRANSCRIPTS_SETTINGS": {
            "VIDEO_TRANSCRIPTS_MAX_BYTES": 3 * 1024 * 1024,
            "STORAGE_CLASS": FILE_SYSTEM,
            "STORAGE_KWARGS": {"location": f"{PRIVATE_DIR}/transcripts"},
            "DIRECTORY_PREFIX": "video-transcripts/",
            "BASE_URL": "/media/",
        },
    }


def _reports(site: str, folder: str) -> dict[str, Any]:
    """A store of reports. No STORAGE_TYPE: any would make the platform take a storage of its own choice."""
    return {
        "STORAGE_CLASS": f"{settings_module(site)}.storages.ReportStorage",
        "STORAGE_KWARGS": {"location": f"{PRIVATE_DIR}/reports/{folder}"},
    }
