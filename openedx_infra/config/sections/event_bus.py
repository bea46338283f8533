"""The event bus and its consumers."""

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
    """A process that reads the events of one topic and passes them to its site's receivers.

    There is one pod of each, and its successor continues where it stopped: events whose handling did not end
    are read again. Events that were sent while none ran wait in the topic.
    """

    topic: Topic
    """Topic to listen to, without this instance's prefix."""
    signal: EventType | None = None
    """Type of the topic's events: a note for people. The platform learns each event's type from the event
    itself, since openedx-events 9."""
    group: Topic
    """Group of consumers: each group gets every event once. Renaming it skips waiting events."""
    site: Literal["lms", "studio"] = "lms"
    """The site whose receivers get the events."""


class EventBus(Section):
    """Open edX's event bus, on the broker."""

    enabled: Switch = True
    """Whether the platform sends and receives events."""
    consumers: dict[PoolName, Consumer] = Field({})
    """Consumers, by names of your choice. There are none by default: the platform's own parts don't use it,
    and other services of Open edX are not part of an instance."""
