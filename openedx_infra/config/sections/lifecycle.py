"""Maintenance, migrations, two versions side by side, and drift: how a running instance changes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from openedx_infra.config.sections.overrides import Kind
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
    """A maintenance page and a pause, for work that can't be done while the site is used."""

    page: Switch = False
    """Whether visitors of LMS, Studio and MFEs get a maintenance page, with status 503, rather than the
    site."""
    pause: Switch = False
    """Whether everything of the platform stops: web pods, workers, beat. Queued tasks wait."""
    message: str = Field("This site is being worked on and will be back soon.", min_length=1, max_length=500)
    """Text of the page, beside the site's name."""
    retry_seconds: Annotated[Count, Field(ge=1, le=86400)] = 300
    """Value of the page's Retry-After header in seconds. A guess."""


class Migrations(Section):
    """The Jobs that migrate the databases before the pods of a new version start."""

    minutes: Annotated[Count, Field(ge=5, le=1440)] = 60
    """Minutes after which the migrations of one site, LMS or Studio, are aborted. Large databases took MIT
    and others most of an hour."""
    lock_minutes: Annotated[Count, Field(ge=0, le=1440)] = 15
    """How many of these minutes they wait for other migrations of the same database to end. A guess."""
    beside: tuple[str, ...] = ()
    """Releases whose code may run during and after the migrations of this one, as you have tested, beside the
    release itself and those that it is known to work with. Code of all others is stopped first, and visitors
    get the maintenance page meanwhile."""


class Green(Section):
    """The version called green. Everything that isn't set here is the same as for blue."""

    release: ReleaseName
    """Its named release."""
    openedx: ImageReference | None = None
    """Its image of LMS, Studio and workers. Default: the release's."""
    mfe: ImageReference | None = None
    """Its image of the MFEs. Default: the release's."""


class BlueGreen(Section):
    """Two versions of the platform side by side, on the same data, one of which is live.

    Blue is the version of `release` and `images`. Each has its own pods, settings, queues and hosts: both are
    always reached at `blue.<host>` and `green.<host>`.
    """

    live: Colour = "blue"
    """The version that visitors reach. `openedx-infra switch` changes it."""
    green: Green
    """The other version."""


class DriftRule(Section):
    """What `drift` and `status` pass over: all that a rule sets must be so. `*` stands for any text."""

    kind: Kind | None = None
    """Kind of the object, such as `Deployment`. None: any."""
    name: str | None = Field(None, min_length=1)
    """Name of the object in the cluster, such as `lms` or `lms-*`. None: any."""
    field: str | None = Field(None, min_length=1)
    """The field as `drift` shows it, such as `spec.replicas` or `spec.*.containers[name=lms].resources`, and
    all that is below it. None: any, and the object may also be missing."""
    manager: str | None = Field(None, min_length=1)
    """Who changed the field, as `drift` shows it, such as `vpa-updater`. None: anybody."""


class Drift(Section):
    """Differences between what was brought up and the cluster, as `drift` and `status` find them."""

    ignore: tuple[DriftRule, ...] = ()
    """What others own: differences that are not drift. Number of pods that an autoscaler decides, and fields
    that controllers and operators set, are never drift."""
