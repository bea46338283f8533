"""Who listens to the event bus?"""

from __future__ import annotations

from openedx_infra.config.base import Section, Switch


class EventBus(Section):
    """Open edX's event bus, on the broker."""

    enabled: Switch = True
    """Whether the platform sends and receives events."""
