"""Sinks of events get what their plugins read, and passwords by a way of their own."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
import settings_case as case
from celery import Celery
from facts import PLUGINS

from openedx_infra.config import ConfigError, Stack, load
from openedx_infra.config.secrets.needed import required
from openedx_infra.monitoring.facts import monitoring_facts

SINKS: dict[str, Any] = {
    "xapi": {"url": "https://lrs.example.org/xapi", "username": "campus"},
    "caliper": {"url": "https://caliper.example.org/events"},
    "batch": {"size": 50},
    "clickhouse": {"url": "https://clickhouse.example.org:8443"},
    "superset": {"url": "https://dashboards.example.org"},
}
ROUTING, ASPECTS = PLUGINS["edx-event-routing-backends"], PLUGINS["platform-plugin-aspects"]


def stack(openedx: Any = "registry.example.org/openedx:1", **sinks: Any) -> Stack:
    images = {"images": {"openedx": openedx}} if openedx else {}
    return load("campus", {"site": {"lms_host": "learn.example.org"}, "event_sinks": sinks, **images})


def added(site: Any, **sinks: Any) -> dict[str, Any]:
    """Settings that there are because of the sinks."""
    before = case.plain(site, stack())
    return {name: value for name, value in case.plain(site, stack(**sinks)).items() if name not in before}


@pytest.mark.parametrize("site", ["lms", "cms"])
def test_plugins_read_what_they_are_told(site: Any) -> None:
    models = {f"EVENT_SINK_CLICKHOUSE_{model}_ENABLED" for model in ASPECTS["models"]}
    read = {*ROUTING["settings"], *ASPECTS["settings"], *models}
    found = added(site, **SINKS)
    assert found.keys() <= read and set(ROUTING["settings"]) <= found.keys()
    secret = case.secret(site, stack(**SINKS))
    for name in ASPECTS["settings"]:
        assert {*found[name], *secret[name]} == set(ASPECTS[name]) and "password" not in found[name]


def test_only_sinks_that_are_there_get_events() -> None:
    found = added("lms", xapi=SINKS["xapi"])
    assert (found["XAPI_EVENTS_ENABLED"], found["CALIPER_EVENTS_ENABLED"]) == (True, False)
    assert found["EVENT_ROUTING_BACKEND_BATCHING_ENABLED"] is False
    assert not [name for name in found if "CLICKHOUSE" in name or "SUPERSET" in name]
    assert added("lms") == {}


def test_personal_data_goes_out_only_when_it_is_asked_for() -> None:
    names = {"EVENT_SINK_CLICKHOUSE_USER_PROFILE_ENABLED", "EVENT_SINK_CLICKHOUSE_EXTERNAL_ID_ENABLED"}
    assert not names & added("lms", **SINKS).keys()
    clickhouse = {**SINKS["clickhouse"], "personal_data": True}
    assert names <= added("lms", clickhouse=clickhouse).keys()


def test_each_sink_needs_its_secret() -> None:
    def names(**sinks: Any) -> set[str]:
        return {secret.name for secret in required(stack(**sinks)) if secret.name.startswith("event_sink")}

    assert names() == set()
    assert names(xapi=SINKS["xapi"]) == {"event_sink_xapi_password"}
    assert len(names(**SINKS)) == 4


POOLS = {"default": {"queues": ["default", "high", "high_mem"]}, "sinks": {"queues": ["events"]}}


def with_pools(sinks: dict[str, Any]) -> Stack:
    """A stack whose LMS has workers for sinks alone, and whose Studio hasn't."""
    return load(
        "campus",
        {
            "site": {"lms_host": "learn.example.org"},
            "event_sinks": sinks,
            "images": {"openedx": "registry.example.org/openedx:1"},
            "sizing": {"lms_workers": POOLS},
        },
    )


def test_tasks_of_sinks_go_to_their_own_queue_where_a_pool_serves_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Celery itself finds the queue; all other tasks go where the platform sends them."""
    router = ModuleType("openedx.core.lib.celery.routers")
    theirs = {"lms.djangoapps.grades.tasks.one": {"queue": "edx.lms.core.high_mem"}}
    router.__dict__["route_task"] = lambda name, args, kwargs, options, **_: theirs.get(name)
    for number in range(1, 6):
        name = ".".join(router.__name__.split(".")[:number])
        monkeypatch.setitem(sys.modules, name, router if number == 5 else ModuleType(name))
    sinks = with_pools({"xapi": SINKS["xapi"], "clickhouse": SINKS["clickhouse"]})
    app = Celery("proj")
    app.config_from_object({"CELERY_ROUTES": case.plain("lms", sinks)["CELERY_ROUTES"]})

    def queue(task: str) -> str | None:
        found = app.amqp.router.route({}, task).get("queue")
        return found.name if found else None

    for task in (
        "event_routing_backends.tasks.dispatch_event",
        "event_routing_backends.tasks.dispatch_event_persistent",
        "event_routing_backends.tasks.dispatch_bulk_events",
        "platform_plugin_aspects.tasks.dump_course_to_clickhouse",
        "eventtracking.tasks.send_event",
    ):
        assert queue(task) == "edx.lms.core.events"
    assert queue("lms.djangoapps.grades.tasks.one") == "edx.lms.core.high_mem"
    assert queue("lms.djangoapps.grades.tasks.two") == app.conf.task_default_queue
    assert "CELERY_ROUTES" not in case.plain("cms", sinks)
    assert "CELERY_ROUTES" not in added("lms", **SINKS)


def test_the_queue_of_sinks_is_watched() -> None:
    queues = monitoring_facts(with_pools({"xapi": SINKS["xapi"]})).queues
    assert {"edx.lms.core.events", "edx.cms.core.events"} <= set(queues)
    assert not [name for name in monitoring_facts(stack()).queues if "events" in name]


def build(*requirements: str) -> dict[str, Any]:
    return {"source": "build", "repository": "registry.example.org/o", "requirements": list(requirements)}


@pytest.mark.parametrize(
    ("openedx", "fault"),
    [
        (None, "which the release's image hasn't got"),
        (build("campus==1"), "add it to `openedx:images.openedx.requirements`"),
        (build("edx_event_routing_backends==10.1.0"), None),
        ("registry.example.org/own:1", None),
    ],
)
def test_an_image_without_the_plugin_is_refused(openedx: Any, fault: str | None) -> None:
    if fault is None:
        stack(openedx, xapi=SINKS["xapi"])
        return
    with pytest.raises(ConfigError) as wrong:
        stack(openedx, xapi=SINKS["xapi"])
    assert fault in str(wrong.value) and "openedx:event_sinks.xapi" in str(wrong.value)
