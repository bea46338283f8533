"""Who takes events from the bus? A process for each consumer that the stack file names.

One pod each, and never two: the bus keeps what a consumer has taken under the consumer's name, and hands it
out again to the next process of that name, which is how nothing is lost with a node.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from openedx_infra.components.edx_platform.liveness_probe import WATCHED, WORKER_SILENT_MINUTES, liveness
from openedx_infra.components.edx_platform.process import Process
from openedx_infra.components.edx_platform.sites import LMS, STUDIO, Site
from openedx_infra.config import Stack
from openedx_infra.config.sections.event_bus import Consumer
from openedx_infra.kubernetes.probes import Probes


def consumers(stack: Stack) -> Iterator[tuple[Site, Process]]:
    """The process of each consumer, with the site whose receivers get its events."""
    for name, said in stack.event_bus.consumers.items():
        site = (LMS if said.site == "lms" else STUDIO).of(stack)
        process = Process(
            component=f"{site.name}-consumer-{name}",
            command=consumer_command(site, said),
            size=stack.sizing.consumers,
            probes=Probes(liveness=liveness(WORKER_SILENT_MINUTES)),
            env=WATCHED,
        )
        yield site, process


def consumer_command(site: Site, said: Consumer) -> list[str]:
    """The platform's command: it reads what its name has not ended, then what is new, until it is stopped.

    A broker that goes away ends it, and Kubernetes starts the next one.
    """
    extra = {"consumer_name": f"{said.group}.1", "check_backlog": True}
    return [
        "python",
        "manage.py",
        site.variant,
        "consume_events",
        f"--topic={said.topic}",
        f"--group_id={said.group}",
        f"--signal={said.signal}",
        f"--extra={json.dumps(extra)}",
    ]
