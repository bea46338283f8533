"""Which version runs beside the one that serves?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from openedx_infra.config.types.base import ImageReference, Section
from openedx_infra.releases import RELEASES

Colour = Literal["blue", "green"]


def _is_release(value: str) -> str:
    if value in RELEASES:
        return value
    raise ValueError(f"is no release that this program knows: write {' or '.join(RELEASES)}")


ReleaseName = Annotated[str, AfterValidator(_is_release), Field(json_schema_extra={"enum": list(RELEASES)})]
"""A named release of Open edX that this program knows."""


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
