"""What do visitors see, and what rests, while somebody works on the instance?"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from openedx_infra.config.types.base import Count, Section, Switch


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
