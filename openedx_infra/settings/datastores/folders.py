"""Uploads and reports on volumes: public ones in MEDIA_DIR, all others in PRIVATE_DIR.

Only MEDIA_DIR is served as files.
"""

from __future__ import annotations

from typing import Any

from openedx_infra.settings.merging import Settings
from openedx_infra.settings.paths import DATA_DIR, MEDIA_DIR, PRIVATE_DIR, settings_module

FILE_SYSTEM = "django.core.files.storage.FileSystemStorage"


def folders(site: str) -> Settings:
    """Storages of a site (`lms` or `cms`)."""
    artifacts = f"{settings_module(site)}.storages.ArtifactStorage"
    return {
        "MEDIA_ROOT": f"{MEDIA_DIR}/",
        # Uploads of courses arrive in pieces, each perhaps at another of Studio's pods: they are put together
        # where all can write.
        "GITHUB_REPO_ROOT": PRIVATE_DIR if site == "cms" else DATA_DIR,
        "STORAGES": {
            "default": {"BACKEND": FILE_SYSTEM},
            "sga_storage": {"BACKEND": FILE_SYSTEM, "OPTIONS": {"location": f"{PRIVATE_DIR}/sga"}},
            "course_import_export": {"BACKEND": artifacts},
            "course_metadata_export": {"BACKEND": artifacts},
            "user_task_artifacts": {"BACKEND": artifacts},
        },
        # django-user-tasks 4.0 looks its alias up in the wrong object, and so does find this name only.
        "USER_TASKS_ARTIFACT_STORAGE": artifacts,
        "COURSE_IMPORT_EXPORT_STORAGE": artifacts,
        "COURSE_METADATA_EXPORT_STORAGE": artifacts,
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
            "STORAGE_CLASS": FILE_SYSTEM,
            "STORAGE_KWARGS": {"location": f"{MEDIA_DIR}/"},
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
            "STORAGE_CLASS": FILE_SYSTEM,
            "STORAGE_KWARGS": {"location": f"{PRIVATE_DIR}/transcripts"},
        },
    }


def _reports(site: str, folder: str) -> dict[str, Any]:
    """A store of reports. No STORAGE_TYPE: any would make the platform take a storage of its own choice."""
    return {
        "STORAGE_CLASS": f"{settings_module(site)}.storages.ReportStorage",
        "STORAGE_KWARGS": {"location": f"{PRIVATE_DIR}/reports/{folder}"},
    }
