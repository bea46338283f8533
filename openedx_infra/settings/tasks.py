"""Settings of Celery and the event bus, both on the broker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from openedx_infra.config import Stack
from openedx_infra.settings.connections import Valkey
from openedx_infra.settings.datastores import valkey
from openedx_infra.settings.merging import Settings
from openedx_infra.settings.paths import settings_module

_LINE = {
    "socket_connect_timeout": 5,
    "socket_timeout": 30,
    "socket_keepalive": True,
    "health_check_interval": 25,
}
"""Seconds after which a connection to a lost node is given up: without them, a worker waits for ever for an
answer that nobody will send. 25 is kombu's own; the others are guesses that exceed all that a broker does."""


def tasks(stack: Stack, server: Valkey, site: str) -> Settings:
    """Broker, delivery of tasks, and event bus of a site (`lms` or `cms`); addresses hold passwords, and are
    with the secrets.
    """
    return {
        "BROKER_USE_SSL": valkey.encryption(server.tls) or False,
        "CELERY_BROKER_TRANSPORT_OPTIONS": {
            "visibility_timeout": stack.datastores.broker.visibility_timeout_seconds,
            **_LINE,
            **_sharing(server),
            **_watched(server),
        },
        # A task counts as done when it ended, so that one whose pod was lost is given to another worker after
        # visibility_timeout; one whose process alone was lost, at once and once (platform/tasks.py).
        "CELERY_ACKS_LATE": True,
        "CELERY_REJECT_ON_WORKER_LOST": True,
        # A broker that is away, at the start or later, is waited for as long as it takes. Tasks under way go
        # on meanwhile: killed, they would begin anew after visibility_timeout.
        "BROKER_CONNECTION_RETRY_ON_STARTUP": True,
        "BROKER_CONNECTION_MAX_RETRIES": None,
        "CELERYD_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS": False,
        # Workers log as LOGGING says, rather than as Celery would.
        "CELERYD_HIJACK_ROOT_LOGGER": False,
        "CELERY_TIMEZONE": stack.site.time_zone,
        **(_event_bus(server, site) if stack.event_bus.enabled else {}),
        "EVENT_BUS_TOPIC_PREFIX": f"{server.prefix}{stack.name}",
        # A consumer that does nothing but fail begins anew, with new connections to everything.
        "EVENT_BUS_REDIS_CONSUMER_CONSECUTIVE_ERRORS_LIMIT": 10,
    }


def task_secrets(server: Valkey, secrets: Mapping[str, str]) -> Settings:
    """The broker's address with its password, for Celery and for the event bus.

    production.py would build BROKER_URL from parts, without quoting any, and can't say several servers.
    """
    password = secrets["broker_password"] if server.authenticated else None
    if server.sentinels:
        # Celery goes on to the next Sentinel with what that one's address says: each says all.
        addresses = [valkey.url(server, each, "sentinel", password) for each in server.sentinels]
        login = {} if password is None else {"password": password}
        return {
            "BROKER_URL": ";".join(addresses),
            "EVENT_BUS_REDIS_SENTINELS": {"connection": login},
        }
    address = valkey.url(server, server.endpoint, valkey.scheme(server), password)
    return {"BROKER_URL": address, "EVENT_BUS_REDIS_CONNECTION_URL": address + _query(server)}


def _sharing(server: Valkey) -> dict[str, Any]:
    return {"global_keyprefix": server.prefix} if server.prefix else {}


def _watched(server: Valkey) -> dict[str, Any]:
    if not server.sentinels:
        return {}
    return {"master_name": server.master, "sentinel_kwargs": _asking(server)}


def _asking(server: Valkey) -> dict[str, Any]:
    """How Sentinels are asked: without a password."""
    return {"socket_connect_timeout": 2, "socket_timeout": 5, **valkey.encrypted(server.tls)}


def _event_bus(server: Valkey, site: str) -> Settings:
    """Its streams lie beside Celery's queues: their names never meet.

    edx-event-bus-redis knows no Sentinels, so there its client is made by platform/events.py.
    """
    consumer = {"EVENT_BUS_CONSUMER": f"{settings_module(site)}.events.Consumer"}
    if not server.sentinels:
        return {"EVENT_BUS_PRODUCER": "edx_event_bus_redis.create_producer", **consumer}
    login = {"username": server.user} if server.user else {}
    return {
        "EVENT_BUS_PRODUCER": f"{settings_module(site)}.events.create_producer",
        **consumer,
        "EVENT_BUS_REDIS_SENTINELS": {
            "sentinels": valkey.sentinels(server),
            "master": server.master,
            "sentinel_kwargs": _asking(server),
            "connection": {"db": server.database, **login, **valkey.encrypted(server.tls)},
        },
    }


def _query(server: Valkey) -> str:
    """TLS as redis-py reads it from an address."""
    options = valkey.encryption(server.tls)
    return f"?{urlencode(options, safe='/')}" if options else ""
