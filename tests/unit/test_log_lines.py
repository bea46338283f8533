"""The formatter that runs in the platform writes every log line as one JSON object."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

from openedx_infra.config import load
from openedx_infra.config.sections.monitoring import Monitoring, Tracking
from openedx_infra.settings.logs import logs

PLATFORM = Path(__file__).parents[2] / "openedx_infra" / "settings" / "platform"


@pytest.fixture
def formatter(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(PLATFORM))
    return __import__("lines").JsonFormatter("lms")


def said(formatter: Any, message: str, *args: object, **more: Any) -> dict[str, Any]:
    record = logging.LogRecord("edx.courses", logging.WARNING, "/x/views.py", 17, message, args, **more)
    record.userid, record.remoteip = 42, "192.0.2.1"
    text = formatter.format(record)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_line_has_what_the_text_has(formatter: Any) -> None:
    found = said(formatter, "%s is %s", "Kurs\n1", "öffentlich", exc_info=None)
    assert found["message"] == "Kurs\n1 is öffentlich"
    assert (found["level"], found["service"], found["logger"]) == ("WARNING", "lms", "edx.courses")
    assert (found["user"], found["address"], found["file"]) == (42, "192.0.2.1", "views.py:17")
    assert found["time"].endswith("+00:00")


def test_a_traceback_is_one_text(formatter: Any) -> None:
    try:
        raise ValueError("bad\nvalue")
    except ValueError:
        found = said(formatter, "failed", exc_info=sys.exc_info())
    assert found["exception"].startswith("Traceback") and found["exception"].endswith("value")


def test_lines_without_a_request_have_no_user(formatter: Any) -> None:
    record = logging.LogRecord("celery", logging.INFO, "w.py", 1, "ready", (), None)
    assert {"user", "address"}.isdisjoint(json.loads(formatter.format(record)))


def test_text_is_the_default_and_events_are_on_stdout_in_any_case() -> None:
    plain, rich = (
        logs(one, "lms")["LOGGING"] for one in (Monitoring(), Monitoring(logs="json", tracking=Tracking()))
    )
    assert plain["handlers"]["stderr"]["formatter"] == "line" and "spool" not in plain["handlers"]
    assert plain["loggers"]["tracking"]["handlers"] == ["stdout"]
    assert rich["handlers"]["stderr"]["formatter"] == "json"
    assert rich["formatters"]["json"] == {
        "()": "lms.envs.openedx_infra.lines.JsonFormatter",
        "service": "lms",
    }
    assert rich["loggers"]["tracking"]["handlers"] == ["stdout", "spool"]
    assert rich["handlers"]["spool"]["class"] == "lms.envs.openedx_infra.spool.SpoolHandler"


def test_an_empty_map_of_tracking_is_one_with_all_defaults() -> None:
    site = {"lms_host": "learn.example.org"}
    said = {"site": site, "datastores": {"storage": {"source": "in-cluster"}}, "monitoring": {"tracking": {}}}
    assert load("campus", said).monitoring.tracking == Tracking()
