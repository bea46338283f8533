"""Who does the work in the background? Celery and the event bus, both on the broker."""

from __future__ import annotations

from collections.abc import Mapping

from openedx_infra.config import Stack
from openedx_infra.settings.connections import Connections
from openedx_infra.settings.merging import Settings

_BROKER_DATABASE = "0"
_EVENT_BUS_DATABASE = "1"


def tasks(stack: Stack, connections: Connections) -> Settings:
    """Broker, delivery of tasks, and event bus, passwords aside."""
    return {
        # production.py builds BROKER_URL from these parts, without quoting any.
        "CELERY_BROKER_TRANSPORT": "redis",
        "CELERY_BROKER_HOSTNAME": str(connections.broker.at),
        "CELERY_BROKER_USER": "",
        "CELERY_BROKER_VHOST": _BROKER_DATABASE,
        "CELERY_BROKER_TRANSPORT_OPTIONS": {
            "visibility_timeout": stack.datastores.broker.visibility_timeout_seconds
        },
        # A task counts as done when it ended, so that one whose pod was lost is given to another worker after
        # visibility_timeout. One whose process was killed for its memory is not repeated: it would be killed
        # again.
        "CELERY_ACKS_LATE": True,
        # Workers log as LOGGING says, rather than as Celery would.
        "CELERYD_HIJACK_ROOT_LOGGER": False,
        "CELERY_TIMEZONE": stack.site.time_zone,
        "EVENT_BUS_PRODUCER": "edx_event_bus_redis.create_producer",
        "EVENT_BUS_CONSUMER": "edx_event_bus_redis.RedisEventConsumer",
        "EVENT_BUS_TOPIC_PREFIX": stack.name,
    }


def task_secrets(connections: Connections, secrets: Mapping[str, str]) -> Settings:
    """The broker's password, for Celery and for the event bus."""
    password = secrets["broker_password"]
    return {
        "CELERY_BROKER_PASSWORD": password,
        "EVENT_BUS_REDIS_CONNECTION_URL": f"redis://:{password}@{connections.broker.at}/{_EVENT_BUS_DATABASE}",
    }
