"""Packages of H5P in buckets: the storage that serves them by the site's own address."""

from __future__ import annotations

from openedx_infra.config import Stack
from openedx_infra.settings.connections import Buckets, Volumes
from openedx_infra.settings.job_inputs import operator_settings
from openedx_infra.settings.merging import Settings
from openedx_infra.settings.paths import settings_module
from openedx_infra.settings.servers.web import Site

STORAGE = "h5pxblock_storage"
"""Alias that H5P's XBlock looks for before any other setting (h5p-xblock 0.2.19, utils.py)."""

PATH = "/packages/"
"""Where both sites serve them (`platform/packages.py`)."""


def packages(stack: Stack, storage: Volumes | Buckets, site: Site) -> Settings:
    """The storage of a site (`lms` or `cms`). On volumes, packages are public files beside others; whoever
    sets H5PXBLOCK_STORAGE has a storage of their own."""
    if isinstance(storage, Volumes) or "H5PXBLOCK_STORAGE" in operator_settings(stack, site):
        return {}
    root = stack.site.lms_url if site == "lms" else stack.site.studio_url
    options = {
        "bucket_name": storage.names["private"],
        "location": "packages",
        # A package that is uploaded again has the same names.
        "file_overwrite": True,
        "served_at": f"{root}{PATH}",
    }
    return {
        "STORAGES": {STORAGE: {"BACKEND": f"{settings_module(site)}.buckets.Packages", "OPTIONS": options}}
    }
