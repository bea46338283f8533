"""Settings of the plugins that send events and course data out of the instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from openedx_infra.config import Stack
from openedx_infra.config.sections.parts.event_sinks import (
    CALIPER_SECRET,
    CLICKHOUSE_SECRET,
    QUEUE,
    SUPERSET_SECRET,
    XAPI_SECRET,
)
from openedx_infra.settings.merging import Settings

_COURSE_DATA = ("COURSE_OVERVIEWS", "COURSE_ENROLLMENT", "TAG", "TAXONOMY", "OBJECT_TAG")
_PERSONAL_DATA = ("USER_PROFILE", "EXTERNAL_ID")
"""Models that platform-plugin-aspects sends: EVENT_SINK_CLICKHOUSE_<MODEL>_ENABLED (sinks/base_sink.py)."""
_TASKS = ("eventtracking.*", "event_routing_backends.*", "platform_plugin_aspects.*")
"""Names of the tasks that send to sinks, or make what is sent: as patterns of Celery's routes."""
_PLATFORM_ROUTES = "openedx.core.lib.celery.routers.route_task"
"""How the platform routes its own tasks (its CELERY_ROUTES, in every release)."""
TIMEOUT_SECONDS = 5
"""Patience with ClickHouse: the plugin's own default."""


def event_sinks(stack: Stack) -> Settings:
    """Settings of LMS and Studio, passwords aside. The plugin's own tell which events there are."""
    sinks = stack.event_sinks
    found: Settings = {}
    if sinks.xapi or sinks.caliper:
        found = {
            "XAPI_EVENTS_ENABLED": sinks.xapi is not None,
            "CALIPER_EVENTS_ENABLED": sinks.caliper is not None,
            # Each statement would be a line of the log, with the learner's id.
            "XAPI_EVENT_LOGGING_ENABLED": False,
            "CALIPER_EVENT_LOGGING_ENABLED": False,
            "EVENT_ROUTING_BACKEND_BATCHING_ENABLED": sinks.batch is not None,
        }
    if sinks.batch and found:
        found["EVENT_ROUTING_BACKEND_BATCH_SIZE"] = sinks.batch.size
        found["EVENT_ROUTING_BACKEND_BATCH_INTERVAL"] = sinks.batch.seconds
    return {**found, **_aspects(stack)}


def routes(stack: Stack, site: Literal["lms", "cms"]) -> Settings:
    """The way of the sinks' tasks to their own queue, where a pool of the site's workers serves it: a sink
    that is away then holds up none of the platform's tasks."""
    pools = stack.sizing.lms_workers if site == "lms" else stack.sizing.studio_workers
    if not stack.event_sinks.has_tasks or not any(QUEUE in pool.queues for pool in pools.values()):
        return {}
    to = {"queue": f"edx.{site}.core.{QUEUE}"}
    return {"CELERY_ROUTES": [dict.fromkeys(_TASKS, to), _PLATFORM_ROUTES]}


def event_sink_secrets(stack: Stack, secrets: Mapping[str, str]) -> Settings:
    """Passwords of Aspects' servers. Those of an LRS are in the database, where set-up puts them."""
    sinks = stack.event_sinks
    found: Settings = {}
    if sinks.clickhouse:
        found["EVENT_SINK_CLICKHOUSE_BACKEND_CONFIG"] = {"password": secrets[CLICKHOUSE_SECRET]}
    if sinks.superset:
        found["SUPERSET_CONFIG"] = {"password": secrets[SUPERSET_SECRET]}
    return found


def routers(stack: Stack) -> list[dict[str, Any]]:
    """Rows of RouterConfiguration that set-up writes: `secret` is the name of the file with the password.

    The names of the backends are those that the plugin compares with, capitals included.
    """
    sinks = stack.event_sinks
    found: list[dict[str, Any]] = []
    if sinks.xapi:
        user = sinks.xapi.username
        found.append({"backend": "xAPI", "url": sinks.xapi.url, "username": user, "secret": XAPI_SECRET})
    if sinks.caliper:
        url = sinks.caliper.url
        found.append({"backend": "Caliper", "url": url, "username": None, "secret": CALIPER_SECRET})
    return found


def _aspects(stack: Stack) -> Settings:
    clickhouse, superset = stack.event_sinks.clickhouse, stack.event_sinks.superset
    found: Settings = {}
    if clickhouse:
        found["EVENT_SINK_CLICKHOUSE_BACKEND_CONFIG"] = {
            "url": clickhouse.url,
            "username": clickhouse.username,
            "database": clickhouse.database,
            "timeout_secs": TIMEOUT_SECONDS,
        }
        models = (*_COURSE_DATA, *(_PERSONAL_DATA if clickhouse.personal_data else ()))
        found |= {f"EVENT_SINK_CLICKHOUSE_{model}_ENABLED": True for model in models}
    if superset:
        found["SUPERSET_CONFIG"] = {
            "service_url": superset.url,
            "internal_service_url": superset.internal_url or superset.url,
            "username": superset.username,
        }
    return found
