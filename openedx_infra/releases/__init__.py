"""What does Open edX ship? One value per release; a difference between releases is a field of it."""

from __future__ import annotations

from openedx_infra.releases.master import MASTER
from openedx_infra.releases.release import BaseImages, FrontendApp, Mfe, Release, ReleaseImages
from openedx_infra.releases.ulmo import ULMO
from openedx_infra.releases.verawood import VERAWOOD

RELEASES: dict[str, Release] = {release.name: release for release in (VERAWOOD, ULMO, MASTER)}
"""All releases that this program can deploy, by name: the default first."""

__all__ = [
    "MASTER",
    "RELEASES",
    "ULMO",
    "VERAWOOD",
    "BaseImages",
    "FrontendApp",
    "Mfe",
    "Release",
    "ReleaseImages",
]
