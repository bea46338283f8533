"""Who listens to the event bus?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openedx_infra.config.types.base import PoolName, Section, Switch
from openedx_infra.config.types.patterns import Pattern

EventType = Annotated[
    str,
    Pattern(
        "type of an event",
        r"org\.openedx(\.[a-z0-9_]+)+\.v[0-9]+",
        "as openedx-events lists them",
        "org.openedx.content_authoring.xblock.published.v1",
    ),
]
"""The type of a signal of openedx-events."""

Topic = Annotated[
    str,
    Pattern(
        "name on the event bus",
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,126}",
        "letters, digits, dots, hyphens and underscores",
        "content-authoring-xblock-lifecycle",
    ),
]
"""A topic, or a group of consumers."""


class Consumer(Section):
    """A process that takes events of one type from one topic and hands them to its site's receivers.

    There is one pod of each, and the next one goes on where it stopped: what it had taken and not ended is
    taken again. What was sent while none ran waits in the topic.
    """

    topic: Topic
    """Topic to listen to, without the prefix that is this instance's own."""
    signal: EventType
    """Type of the events to take."""
    group: Topic
    """Group of consumers: each group gets every event once. Who renames it skips what waits."""
    site: Literal["lms", "studio"] = "lms"
    """Whose receivers get the events."""


class EventBus(Section):
    """Open edX's event bus, on the broker."""

    enabled: Switch = True
    """Whether the platform sends and receives events."""
    consumers: dict[PoolName, Consumer] = Field({})
    """Who listens, by names of your choice. None does by default: the platform's own parts speak to each
    other without it, and other services of Open edX are none of this instance's."""
