"""What will be the next release: the master branches, as they are on the day of a build.

Nobody publishes its images, so a stack builds them. A build that shall be repeated names commits in the
stack file. Versions of servers are those of the newest named release until upstream moves. What upstream
changed already, read in openedx-platform in November 2026:

- requirements are pinned by uv.lock, and installed by dependency groups (#38915);
- some settings are gone (#38720, #38758, #39019).
"""

from __future__ import annotations

from dataclasses import replace

from openedx_infra.releases.release import Release


def nightly(newest: Release) -> Release:
    """The nightly release, as it differs from the newest named one."""
    return replace(
        newest,
        name="master",
        ref="master",
        refs={"openedx-translations": "main"},
        requirements="uv.lock",
        images=replace(newest.images, openedx=None, mfe=None),
        unknown_settings=newest.unknown_settings
        | {
            "DCS_SESSION_COOKIE_SAMESITE",
            "DCS_SESSION_COOKIE_SAMESITE_FORCE_ALL",
            "ENABLE_MFE_CONFIG_API",
            "ENABLE_MKTG_SITE",
            "MKTG_URL_LINK_MAP",
        },
    )
