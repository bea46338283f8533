"""Consumers of the event bus: one pod for each that the stack file names.

Never two pods of one consumer: the bus keeps what a consumer has taken under the consumer's name, and hands
it out again to the next process of that name, which is how nothing is lost with a node.
"""

from __future__ import annotations

import json

from openedx_infra.components.edx_platform.sites import Site
from openedx_infra.config.sections.event_bus import Consumer


def consumer_command(site: Site, consumer: Consumer) -> list[str]:
    """The platform's command: it reads what its name has not ended, then what is new, until it is stopped.

    A broker that goes away ends it, and Kubernetes starts the next one.
    """
    extra = {"consumer_name": f"{consumer.group}.1", "check_backlog": True}
    return [
        "python",
        "manage.py",
        site.variant,
        "consume_events",
        f"--topic={consumer.topic}",
        f"--group_id={consumer.group}",
        f"--extra={json.dumps(extra)}",
    ]
