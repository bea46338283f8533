"""Paths inside pods that settings, scripts and volumes agree on."""

from __future__ import annotations

PLATFORM_DIR = "/openedx/edx-platform"
"""edx-platform's source in the image, and the working directory of all its commands."""

STATIC_DIR = "/openedx/staticfiles"
"""Static files of LMS and Studio, collected when the image is built; served under /static."""

THEMES_DIR = "/openedx/themes"
"""Comprehensive themes in the image."""

DIST_DIR = "/openedx/dist"
"""Built micro-frontends in the MFE image: a folder for each, and `site` for the frontend-base bundle."""

CADDY_DIR = "/etc/caddy"
"""Folder of the files that Caddy is configured by."""

CONFIG_DIR = "/openedx/config"
"""Plain settings: a ConfigMap, mounted as a directory."""

SECRETS_DIR = "/openedx/secrets"
"""Secret settings and passwords: a Secret, mounted as a directory."""

CERTIFICATES_DIR = "/openedx/certificates"
"""Certificates of authorities and of clients, without keys: a ConfigMap, mounted as a directory."""

SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
"""Authorities that the image trusts, for libraries that trust nobody unless told."""

PARAMETERS_DIR = "/openedx/parameters"
"""What a Job is told in a file rather than in its environment: a ConfigMap, mounted as a directory."""

MEDIA_DIR = "/openedx/media"
"""Uploads that everybody may see; served under /media without asking who wants them."""

PRIVATE_DIR = "/openedx/private"
"""Uploads and reports that need a permission; never served as files."""

DATA_DIR = "/openedx/data"
"""Scratch space of one pod."""

TRACKING_DIR = "/openedx/tracking"
"""Tracking events on their way to a bucket: a scratch folder of pods that have a sidecar for them."""

LMS_CFG = f"{CONFIG_DIR}/lms.yml"
"""Plain settings of the LMS; value of the environment variable LMS_CFG."""

CMS_CFG = f"{CONFIG_DIR}/cms.yml"
"""Plain settings of Studio; value of the environment variable CMS_CFG."""

ALIVE_FILE = "/tmp/alive"
"""What a process without a port touches while it is at work."""

ALIVE_VARIABLE = "OPENEDX_ALIVE_FILE"
"""Environment variable by which it is told so (settings/platform/liveness.py)."""

LEAVING = "/tmp/leaving"
"""File that a web pod has when it is about to end: `platform/leaving.py`."""

MODULE = "openedx_infra"
"""Name of the settings package, mounted in `lms/envs` and in `cms/envs` of the platform."""


def module_dir(site: str) -> str:
    """Where the settings package of a site (`lms` or `cms`) is mounted."""
    return f"{PLATFORM_DIR}/{site}/envs/{MODULE}"


def settings_module(site: str) -> str:
    """DJANGO_SETTINGS_MODULE of a site (`lms` or `cms`)."""
    return f"{site}.envs.{MODULE}"


DEVELOPMENT_DIR = "/openedx/development"
"""Supervisor, hook of Python and installation of packages, in pods of a development instance: a ConfigMap."""

DEVELOPMENT_SETTINGS_DIR = "/openedx/development-settings"
"""Settings packages where the platform is mounted: a folder for each site."""

MOUNTED_PACKAGES_DIR = "/openedx/packages"
"""Mounted Python packages, by the names of their mounts."""

ADDED_PACKAGES_DIR = "/openedx/added"
"""What mounted packages are installed into at the start of a pod."""

MOUNT_SOURCES_DIR = "/openedx/sources"
"""Where the installation sees mounted folders."""
