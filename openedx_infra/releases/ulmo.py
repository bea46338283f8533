"""Ulmo, released in December 2025; the release before Verawood.

Versions are those that Tutor 21.0.8 pins and is tested with upstream; uv is the newer one, as it installs the
same requirements. What Verawood changed since is what differs here:

- 11 micro-frontends, no catalog among them (it exists and is optional), and no frontend-base site;
- the forum takes its MySQL backend only when two waffle flags say so; later there is no other.

Feature flags are settings of their own as in Verawood (openedx-platform #37067; the release notes of Ulmo
list `settings.ENABLE_…`), and STORAGES is read before the settings that it replaced: neither needs a word.
"""

from __future__ import annotations

from openedx_infra.releases.release import BaseImages, Release, ReleaseImages
from openedx_infra.releases.verawood import VERAWOOD

_LATER_MFES = {"catalog"}

ULMO = Release(
    name="ulmo",
    kind="previous",
    after=None,
    ref="release/ulmo.3",
    python="3.11",
    node="24.11.0",
    uv="0.13.5",
    requirements="txt",
    bases=BaseImages(
        node="docker.io/library/node:24.11.0-bookworm-slim",
        uv="ghcr.io/astral-sh/uv:0.13.5",
    ),
    images=ReleaseImages(
        openedx="docker.io/overhangio/openedx:21.0.8",
        mfe="docker.io/overhangio/openedx-mfe:21.0.0",
        mysql="docker.io/library/mysql:8.4.0",
        mongodb="docker.io/library/mongo:7.0.28",
        valkey="docker.io/valkey/valkey:8.1",
        meilisearch="docker.io/getmeili/meilisearch:v1.8.4",
        versitygw="ghcr.io/versity/versitygw:v1.8.0",
        smtp="docker.io/devture/exim-relay:4.96-r1-0",
    ),
    mfes=tuple(mfe for mfe in VERAWOOD.mfes if mfe.name not in _LATER_MFES),
    frontend_apps=(),
    waffle_flags=("discussions.enable_forum_v2", "forum_v2.enable_mysql_backend"),
)
"""The previous named release."""
