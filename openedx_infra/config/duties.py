"""What does a site have to do regularly? Commands of the platform, by the clock."""

from __future__ import annotations

from openedx_infra.config.base import Section, Switch


class Duties(Section):
    """Commands that run by the clock."""

    enabled: Switch = True
    """Whether any of them runs."""
