"""Maintenance, migrations, and two versions side by side: how a running instance is changed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from openedx_infra.config.types.base import Count, ImageReference, Section, Switch
from openedx_infra.releases import RELEASES

Colour = Literal["blue", "green"]


def _is_release(value: str) -> str:
    if value in RELEASES:
        return value
    raise ValueError(f"is no release that this program knows: write {' or '.join(RELEASES)}")


ReleaseName = Annotated[str, AfterValidator(_is_release), Field(json_schema_extra={"enum": list(RELEASES)})]
"""A named release of Open edX that this program knows."""


class Maintenance(Section):
    """A pause for visitors, for what can't be done beside them."""

    page: Switch = False
    """Whether visitors of LMS, Studio and MFEs get a maintenance page, with status 503, rather than the
    site."""
    pause: Switch = False
    """Whether nothing of the platform runs: no web pod, no worker, no clock. Queued tasks wait."""
    message: str = Field("This site is being worked on and will be back soon.", min_length=1, max_length=500)
    """What the page says, beside the site's name."""
    retry_seconds: Annotated[Count, Field(ge=1, le=86400)] = 300
    """Seconds after which browsers, programs and search engines are asked to come again. A guess."""


class Migrations(Section):
    """The Jobs that bring the databases to what a new version expects, before its pods start."""

    minutes: Annotated[Count, Field(ge=5, le=1440)] = 60
    """Minutes after which the migrations of one site, LMS or Studio, are given up. Large databases took MIT
    and others most of an hour."""
    lock_minutes: Annotated[Count, Field(ge=0, le=1440)] = 15
    """Minutes that they wait for other migrations of the same database to end, of the ones above. A guess."""
    beside: tuple[str, ...] = ()
    """Releases whose code may run while and after the migrations of this one, as you have found out. Default:
    none but what is known of the release, and itself; code of all others is stopped first, and visitors get
    the maintenance page meanwhile."""


class Green(Section):
    """The version that is called green. In all that isn't said here, it is as blue: as the rest of the stack
    file says."""

    release: ReleaseName
    """Its named release."""
    openedx: ImageReference | None = None
    """Its image of LMS, Studio and workers. Default: the release's."""
    mfe: ImageReference | None = None
    """Its image of the MFEs. Default: the release's."""


class BlueGreen(Section):
    """Two versions of the platform side by side, on the same data, of which one serves.

    Blue is what `release` and `images` say. Each has pods, settings, queues and hosts of its own: whichever
    serves, one reaches them at `blue.<host>` and `green.<host>`.
    """

    live: Colour = "blue"
    """Which of them visitors reach. `openedx-infra switch` turns it round."""
    green: Green
    """The other version."""
