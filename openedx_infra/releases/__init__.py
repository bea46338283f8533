"""What Open edX ships: one value per release. A difference between releases is a field of it.

Each release is made from the one before it (`replace(ULMO, ...)`), and never from a newer one.
"""

from __future__ import annotations

from openedx_infra.releases.images import (
    IMAGE_NAMES,
    INFRASTRUCTURE_IMAGES,
    BaseImages,
    ImageName,
    ReleaseImages,
)
from openedx_infra.releases.master import nightly
from openedx_infra.releases.release import FrontendApp, Mfe, Release, in_order
from openedx_infra.releases.ulmo import ULMO
from openedx_infra.releases.verawood import VERAWOOD

_NAMED = (ULMO, VERAWOOD)
"""The named releases, oldest first. The last one is the default."""

RELEASES: dict[str, Release] = in_order(_NAMED, nightly(_NAMED[-1]))
"""All releases that this program can deploy, by name: the named ones, oldest first, and the nightly one."""

DEFAULT_RELEASE = _NAMED[-1].name
"""The release of a stack that names none."""

__all__ = [
    "DEFAULT_RELEASE",
    "IMAGE_NAMES",
    "INFRASTRUCTURE_IMAGES",
    "RELEASES",
    "BaseImages",
    "FrontendApp",
    "ImageName",
    "Mfe",
    "Release",
    "ReleaseImages",
]
