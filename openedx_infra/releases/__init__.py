"""What does Open edX ship? One value per named release; a difference between releases is a field of it."""

from __future__ import annotations

from openedx_infra.releases.release import FrontendApp, Mfe, Release, ReleaseImages
from openedx_infra.releases.verawood import VERAWOOD

RELEASES: dict[str, Release] = {release.name: release for release in (VERAWOOD,)}
"""All releases that this program can deploy, by name."""

__all__ = ["RELEASES", "VERAWOOD", "FrontendApp", "Mfe", "Release", "ReleaseImages"]
