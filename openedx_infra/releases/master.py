"""What will be the next release: the master branches, as they are on the day of a build.

Nobody publishes its images, so a stack builds them. A build that shall be repeated names commits in the
stack file. Versions of servers are the current release's until upstream moves. What upstream changed already,
read in openedx-platform in November 2026:

- requirements are pinned by uv.lock, and installed by dependency groups (#38915);
- some settings are gone (#38720, #38758, #39019).
"""

from __future__ import annotations

from dataclasses import replace

from openedx_infra.releases.verawood import VERAWOOD

MASTER = replace(
    VERAWOOD,
    name="master",
    kind="nightly",
    after="verawood",
    ref="master",
    refs={"openedx-translations": "main"},
    requirements="uv.lock",
    images=replace(VERAWOOD.images, openedx=None, mfe=None),
    unknown_settings=frozenset(
        {
            "DCS_SESSION_COOKIE_SAMESITE",
            "DCS_SESSION_COOKIE_SAMESITE_FORCE_ALL",
            "ENABLE_MFE_CONFIG_API",
            "ENABLE_MKTG_SITE",
            "MKTG_URL_LINK_MAP",
        }
    ),
)
"""The nightly release."""
