"""How long may the databases be changed for a new version?"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from openedx_infra.config.types.base import Count, Section


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
