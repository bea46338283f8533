"""Uploads and reports in buckets: django-storages, and the libraries that speak S3 themselves.

Pods talk to the server by its address among pods. Addresses for browsers are signed for its public one, by
arithmetic alone (`platform/endpoints.py`): no pod ever needs to reach, or even to resolve, the public name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openedx_infra.settings.connections import Buckets, Purpose, Volumes
from openedx_infra.settings.merging import Settings
from openedx_infra.settings.paths import DATA_DIR, settings_module

_SIGNED_SECONDS = 3600
"""How long an address is good for. A pod's role may end it earlier: at most an hour, too, unless AWS is told
otherwise."""


def buckets(site: str, storage: Buckets) -> Settings:
    """Storages of a site (`lms` or `cms`), keys aside."""
    return {
        # What writes into these nonetheless is of this pod alone. Studio puts uploads of courses together
        # here, which arrive in pieces: all must come to one pod.
        "MEDIA_ROOT": f"{DATA_DIR}/media/",
        "GITHUB_REPO_ROOT": DATA_DIR,
        **_server(storage),
        **_storages(site, storage),
        **_public(site, storage),
        **_private(site, storage),
    }


def bucket_secrets(storage: Volumes | Buckets, secrets: Mapping[str, str]) -> Settings:
    """The keys, unless pods have a role."""
    if isinstance(storage, Volumes) or storage.role:
        return {}
    access, secret = secrets["s3_access_key"], secrets["s3_secret_key"]
    return {
        "AWS_ACCESS_KEY_ID": access,
        "AWS_SECRET_ACCESS_KEY": secret,
        "DJFS": {"aws_access_key_id": access, "aws_secret_access_key": secret},
    }


def _server(storage: Buckets) -> Settings:
    """What holds for every bucket: signed addresses, nothing overwritten. A storage that is told nothing
    more, such as the platform's own, gets the private one.
    """
    return {
        "AWS_S3_ENDPOINT_URL": storage.endpoint,
        "AWS_S3_PUBLIC_ENDPOINT_URL": storage.public_endpoint,
        "AWS_S3_REGION_NAME": storage.region,
        "AWS_S3_ADDRESSING_STYLE": storage.addressing,
        "AWS_S3_SIGNATURE_VERSION": "s3v4",
        # The platform's default is a bucket of edX.
        "AWS_S3_CUSTOM_DOMAIN": None,
        "AWS_S3_FILE_OVERWRITE": False,
        "AWS_QUERYSTRING_AUTH": True,
        "AWS_QUERYSTRING_EXPIRE": _SIGNED_SECONDS,
        "AWS_STORAGE_BUCKET_NAME": storage.names["private"],
    }


def _storages(site: str, storage: Buckets) -> Settings:
    exports = f"{settings_module(site)}.buckets.Exports"
    return {
        "STORAGES": {
            # Among what comes here are reports that CSV tools keep, and structures of courses.
            "default": _alias(site, storage, "private", "media"),
            "sga_storage": _alias(site, storage, "private", "sga"),
            "course_import_export": {"BACKEND": exports},
            "course_metadata_export": {"BACKEND": exports},
            "user_task_artifacts": {"BACKEND": exports},
        },
        # django-user-tasks 4.0 looks its alias up in the wrong object, and so does find this name only.
        "USER_TASKS_ARTIFACT_STORAGE": exports,
        "COURSE_IMPORT_EXPORT_STORAGE": exports,
        "COURSE_IMPORT_EXPORT_BUCKET": storage.names["exports"],
        "COURSE_METADATA_EXPORT_STORAGE": exports,
    }


def _public(site: str, storage: Buckets) -> Settings:
    """Images that pages show to everybody, by addresses without a signature."""
    images = {**_options(storage, "public", "profile-images"), "querystring_auth": False}
    return {
        "PROFILE_IMAGE_BACKEND": {
            "class": _class(site),
            # One name for each person and size: the newest replaces the others.
            "options": {**images, "file_overwrite": True},
        },
        "VIDEO_IMAGE_SETTINGS": {
            "STORAGE_CLASS": _class(site),
            "STORAGE_KWARGS": {**_options(storage, "public", ""), "querystring_auth": False},
        },
    }


def _private(site: str, storage: Buckets) -> Settings:
    return {
        "GRADES_DOWNLOAD": _legacy(site, storage, "grades", "grades"),
        "FINANCIAL_REPORTS": _legacy(site, storage, "grades", "financial"),
        "VIDEO_TRANSCRIPTS_SETTINGS": _legacy(site, storage, "private", "transcripts"),
        "OPENEDX_LEARNING": {"MEDIA": _alias(site, storage, "private", "openedx-learning")},
        # Browsers send files to the bucket, by addresses that are signed for one file each. With
        # openassessment's `django` backend anybody could send anything in another's name.
        "ORA2_FILEUPLOAD_BACKEND": "s3",
        "FILE_UPLOAD_STORAGE_BUCKET_NAME": storage.names["ora"],
        # Files that XBlocks give pages by their address, signed for a minute (django-pyfs).
        "DJFS": {
            "type": "s3fs",
            "bucket": storage.names["private"],
            "prefix": "django-pyfs",
            "region": storage.region,
        },
    }


def _class(site: str) -> str:
    return f"{settings_module(site)}.buckets.Bucket"


def _options(storage: Buckets, purpose: Purpose, folder: str) -> dict[str, Any]:
    return {"bucket_name": storage.names[purpose], "location": folder}


def _alias(site: str, storage: Buckets, purpose: Purpose, folder: str) -> dict[str, Any]:
    """A storage as Django names its parts."""
    return {"BACKEND": _class(site), "OPTIONS": _options(storage, purpose, folder)}


def _legacy(site: str, storage: Buckets, purpose: Purpose, folder: str) -> dict[str, Any]:
    """The same as the platform does. No STORAGE_TYPE: any would make it take a storage of its own choice."""
    return {"STORAGE_CLASS": _class(site), "STORAGE_KWARGS": _options(storage, purpose, folder)}
